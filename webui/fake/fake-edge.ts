/** The fake edge: its local API, as the agent serves it. */
import {
  type Address,
  AddressPatch,
  EdgeLogin,
  type EdgeSession,
  type Forward,
  ForwardPatch,
  type Host,
  HostPatch,
  NewForward,
  type PendingChange,
} from '@sidegate/protocol';
import { type EdgeData, makeEdgeData } from './edge-data.ts';
import { addAddress } from './fake-addresses.ts';
import {
  createEvents,
  type FakeAnswer,
  type FakeApi,
  FakeError,
  type FakeRequest,
  type FakeRoutes,
  need,
  readBody,
} from './fake-api.ts';
import { planForward, renderForward } from './fake-forwards.ts';
import { exportFile, importFile } from './fake-publications.ts';
import { createFakeScans } from './fake-scans.ts';
import { addScope, patchScope, SCOPE_SUGGESTIONS } from './fake-scopes.ts';
import { createFakeSessions } from './fake-sessions.ts';
import { addTemplate, applyTemplate, listTemplates } from './fake-templates.ts';

/** The local password of the fake edge. */
export const EDGE_PASSWORD = 'open sesame';
/** The prefix of tickets that it accepts. */
export const GOOD_TICKET = 'good-ticket';
const TRIES = 5;

interface Options {
  readonly now?: number;
  readonly empty?: boolean;
  /** Time between two finds of a scan. */
  readonly stepMs?: number;
}

/** `null` takes a value away. */
const patched = <T extends object>(old: T, patch: object): T =>
  Object.fromEntries(Object.entries({ ...old, ...patch }).filter(([, value]) => value !== null)) as T;

/** One edge in memory: `handle` answers requests, events follow. */
export const createFakeEdge = (options: Options = {}): FakeApi & { readonly data: EdgeData } => {
  const data = makeEdgeData(options.now ?? Date.now(), options.empty);
  const events = createEvents();
  const sessions = createFakeSessions<EdgeSession>('NOT_LOGGED_IN');
  let failures = 0;

  const put = <T extends { id: string }>(map: Map<string, T>, event: string, item: T): T => {
    map.set(item.id, item);
    events.emit(event, item);
    return item;
  };
  const publishCounts = (): void => {
    const counts = { peers: data.peers.size, hosts: data.hosts.size, forwards: data.forwards.size };
    data.status = { ...data.status, counts };
    events.emit('status.changed', data.status);
  };

  const scans = createFakeScans({
    data,
    stepMs: options.stepMs ?? 350,
    putHost: (host) => put(data.hosts, 'host.changed', host),
    putScan: (scan) => put(data.scans, 'scan.changed', scan),
    onDone: publishCounts,
  });
  const setPending = (pending: PendingChange[]): void => {
    data.status = { ...data.status, pending };
    events.emit('status.changed', data.status);
  };

  const login = ({ body }: FakeRequest): FakeAnswer => {
    const request = readBody(EdgeLogin, body);
    const isTicket = 'ticket' in request;
    if (!isTicket && failures >= TRIES) {
      throw new FakeError(
        429,
        'LOGIN_THROTTLED',
        'Too many wrong passwords: try again in 30 s',
        'Wait, then try again slowly.',
      );
    }
    if (isTicket && !request.ticket.startsWith(GOOD_TICKET)) {
      throw new FakeError(
        401,
        'TICKET_USED',
        'This ticket has been used',
        'Open the edge from the portal again.',
      );
    }
    if (!isTicket && request.password !== EDGE_PASSWORD) {
      failures += 1;
      throw new FakeError(
        401,
        'LOGIN_WRONG',
        'The password is wrong',
        'It is the password set with “sidegate login”.',
      );
    }
    failures = 0;
    const user: EdgeSession['user'] = isTicket
      ? { name: 'Kim Sørensen', role: 'technician', via: 'ticket' }
      : { name: 'root', role: 'owner', via: 'password' };
    return sessions.open((terms) => ({ user, ...terms }));
  };

  const addForward = ({ body, query }: FakeRequest): unknown => {
    const forward = planForward(data, readBody(NewForward, body));
    if (query.get('dryRun') === '1') return { forward, ruleset: renderForward(forward) };
    put(data.forwards, 'forward.changed', forward);
    publishCounts();
    return forward;
  };

  const patchHost = (id: string, body: unknown): Host => {
    const host = need(data.hosts.get(id), 'host');
    const patch = readBody(HostPatch, body);
    const name =
      patch.givenName || host.evidence.find(({ field }) => field === 'name')?.value.replace('.local', '');
    return put(data.hosts, 'host.changed', { ...host, ...patch, name: name ?? host.name } as Host);
  };

  const forgetHost = (id: string): undefined => {
    const host = need(data.hosts.get(id), 'host');
    if ([...data.forwards.values()].some(({ target }) => target.kind === 'host' && target.hostId === id)) {
      throw new FakeError(409, 'HOST_IN_USE', `Forwards lead to ${host.name}`, 'Remove its forwards first.');
    }
    data.hosts.delete(id);
    events.emit('host.removed', { id });
  };

  const removeForward = (id: string): undefined => {
    need(data.forwards.get(id), 'forward');
    data.forwards.delete(id);
    events.emit('forward.removed', { id });
    publishCounts();
  };

  const list = <T>(map: Map<string, T>): T[] => [...map.values()];
  const routes: FakeRoutes = {
    'GET /status': () => data.status,
    'GET /peers': () => list(data.peers),
    'GET /hosts': () => list(data.hosts),
    'GET /hosts/:id': (_, { id = '' }) => need(data.hosts.get(id), 'host'),
    'PATCH /hosts/:id': ({ body }, { id = '' }) => patchHost(id, body),
    'DELETE /hosts/:id': (_, { id = '' }) => forgetHost(id),
    'POST /hosts/:id/wake': (_, { id = '' }) => ({
      mac: need(data.hosts.get(id), 'host').mac,
      interfaceName: 'eth0',
      broadcast: '192.168.1.255',
    }),
    'GET /hosts/:id/wake': () => ({ isAwake: true }),
    'GET /scopes': () => list(data.scopes),
    'POST /scopes': (request) => addScope(data, request),
    'GET /scopes/suggestions': () => SCOPE_SUGGESTIONS,
    'PATCH /scopes/:id': ({ body }, { id = '' }) => patchScope(data, id, body),
    'GET /changes': () => data.changes,
    'POST /changes/seen': () => {
      data.changes = { since: Date.now(), changes: [] };
      return data.changes;
    },
    'DELETE /scopes/:id': (_, { id = '' }) => void data.scopes.delete(id),
    'GET /scans': () => list(data.scans),
    'POST /scans': (request) => ({ status: 200, body: scans.start(request) }),
    'DELETE /scans/:id': (_, { id = '' }) => scans.cancel(id),
    'GET /access-log': () => ({ entries: data.access }),
    'GET /forwards': () => list(data.forwards),
    'POST /forwards': addForward,
    'PATCH /forwards/:id': ({ body }, { id = '' }) =>
      put(
        data.forwards,
        'forward.changed',
        patched<Forward>(need(data.forwards.get(id), 'forward'), readBody(ForwardPatch, body)),
      ),
    'DELETE /forwards/:id': (_, { id = '' }) => removeForward(id),
    'GET /addresses': () => list(data.addresses),
    'GET /templates': () => listTemplates(data),
    'POST /templates': (request) => addTemplate(data, request),
    'POST /templates/:name/apply': (request, { name = '' }) =>
      applyTemplate(data, name, request, (forward) => put(data.forwards, 'forward.changed', forward)),
    'DELETE /templates/:name': (_, { name = '' }) => {
      data.templates = data.templates.filter((one) => one.name !== name);
      return undefined;
    },
    'GET /publications': () => exportFile(data),
    'POST /publications/import': (request) => importFile(data, request, events.emit),
    'POST /pending/confirm': () => setPending([]),
    'POST /pending/undo': () => setPending([]),
    'POST /addresses': (request) =>
      addAddress(data, request, (address) => put(data.addresses, 'address.changed', address)),
    'PATCH /addresses/:id': ({ body }, { id = '' }) =>
      put(
        data.addresses,
        'address.changed',
        patched<Address>(need(data.addresses.get(id), 'address'), readBody(AddressPatch, body)),
      ),
    'DELETE /addresses/:id': (_, { id = '' }) => {
      data.addresses.delete(id);
      events.emit('address.removed', { id });
      return undefined;
    },
  };
  const open: FakeRoutes = {
    'GET /login': () => ({
      name: 'alder',
      passwordLogin: true,
      passwordHint: 'Set on this machine with “sidegate login --set-password”.',
      portalUrl: 'http://127.0.0.1:5180/',
    }),
    'POST /session': login,
  };

  return {
    base: '/api',
    data,
    subscribe: events.subscribe,
    emit: events.emit,
    isLoggedIn: sessions.isLoggedIn,
    handle: sessions.guard(open, routes),
  };
};
