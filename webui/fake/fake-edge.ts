import {
  type Address,
  AddressPatch,
  EdgeLogin,
  type EdgeSession,
  type Forward,
  ForwardPatch,
  type Host,
  HostPatch,
  NewAddress,
  NewForward,
  NewScan,
  NewScope,
  type PendingChange,
  type Scan,
  type Scope,
  ScopePatch,
} from '@sidegate/protocol';
import { type EdgeData, findDevices, makeAddress, makeEdgeData, makeForward } from './edge-data.ts';
import {
  createEvents,
  dispatch,
  type FakeAnswer,
  type FakeApi,
  FakeError,
  type FakeRequest,
  type FakeRoutes,
  fakeId,
  readBody,
} from './fake-api.ts';
import { exportFile, importFile } from './fake-publications.ts';
import { applyTemplate, listTemplates } from './fake-templates.ts';

/** The local password of the fake edge. */
export const EDGE_PASSWORD = 'open sesame';
/** The prefix of tickets that it accepts. */
export const GOOD_TICKET = 'good-ticket';
const TRIES = 5;
const CSRF = 'fake-edge-csrf';

interface Options {
  readonly now?: number;
  readonly empty?: boolean;
  /** Time between two finds of a scan. */
  readonly stepMs?: number;
}

const notFound = (what: string): FakeError =>
  new FakeError(404, `${what.toUpperCase()}_UNKNOWN`, `There is no such ${what}`, 'Load the list anew.');

const need = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw notFound(what);
  return value;
};

const PHASES = ['ARP sweep', 'Names', 'Services', 'Kinds'] as const;

/** One edge in memory: `handle` answers requests, events follow. */
export const createFakeEdge = (options: Options = {}): FakeApi & { readonly data: EdgeData } => {
  const data = makeEdgeData(options.now ?? Date.now(), options.empty);
  const events = createEvents();
  const sessions = new Map<string, EdgeSession>();
  let failures = 0;
  let running: ReturnType<typeof setTimeout> | undefined;

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
    const id = fakeId('session');
    const session: EdgeSession = {
      user: isTicket
        ? { name: 'Kim Sørensen', role: 'technician', via: 'ticket' }
        : { name: 'root', role: 'owner', via: 'password' },
      csrf: CSRF,
      expiresAt: Date.now() + 3_600_000,
    };
    sessions.set(id, session);
    return { status: 200, body: session, session: id };
  };

  const scanStep = (scan: Scan, found: readonly Host[], index: number): void => {
    const isLast = index >= found.length;
    const host = found[index];
    if (host !== undefined) {
      const known = [...data.hosts.values()].find(({ mac }) => mac === host.mac);
      put(
        data.hosts,
        'host.changed',
        known === undefined ? host : { ...known, online: true, lastSeenAt: Date.now() },
      );
    }
    const progress = Math.min(1, (index + 1) / found.length);
    const phase = PHASES[Math.min(PHASES.length - 1, Math.floor(progress * PHASES.length))] ?? '';
    const next: Scan = isLast
      ? { ...scan, state: 'done', progress: 1, phase: 'done', hostsFound: found.length, endedAt: Date.now() }
      : { ...scan, progress, phase, hostsFound: index + 1 };
    put(data.scans, 'scan.changed', next);
    if (isLast) publishCounts();
    else running = setTimeout(() => scanStep(next, found, index + 1), options.stepMs ?? 350);
  };

  const startScan = ({ body }: FakeRequest): Scan => {
    const { scopeId } = readBody(NewScan, body ?? {});
    if ([...data.scans.values()].some(({ state }) => state === 'running')) {
      throw new FakeError(
        409,
        'SCAN_RUNNING',
        'A scan of this network is running',
        'Wait for it, or cancel it.',
      );
    }
    const scopeIds = scopeId === undefined ? [...data.scopes.values()].map(({ id }) => id) : [scopeId];
    const first = need(data.scopes.get(scopeIds[0] ?? ''), 'scope');
    const scan = {
      id: fakeId('s') as Scan['id'],
      scopeIds,
      state: 'running' as const,
      progress: 0,
      phase: PHASES[0],
      hostsFound: 0,
      startedAt: Date.now(),
      notices: [],
    };
    put(data.scans, 'scan.changed', scan);
    running = setTimeout(() => scanStep(scan, findDevices(first.id, Date.now()), 0), options.stepMs ?? 350);
    return scan;
  };

  const cancelScan = (id: string): undefined => {
    const scan = need(data.scans.get(id), 'scan');
    clearTimeout(running);
    put(data.scans, 'scan.changed', { ...scan, state: 'cancelled', endedAt: Date.now() });
  };

  const choosePort = (wanted: number | undefined, targetPort: number): number => {
    const used = new Set([...data.forwards.values()].map(({ edgePort }) => edgePort));
    if (wanted !== undefined) {
      if (!used.has(wanted)) return wanted;
      throw new FakeError(
        409,
        'FORWARD_PORT_IN_USE',
        `Port ${wanted} of this edge is taken`,
        'Choose another port, or leave it empty.',
        'edgePort',
      );
    }
    let port = targetPort === 80 ? 8001 : Math.max(2000, targetPort);
    while (used.has(port)) port += 1;
    return port;
  };

  const plan = (request: NewForward): Forward => {
    const { target, targetPort, protocol } = request;
    const host = target.kind === 'host' ? need(data.hosts.get(target.hostId), 'host') : undefined;
    const address = target.kind === 'address' ? target.address : (host?.addresses[0] ?? '');
    if (!/^(192\.168\.1|10\.20\.0)\./.test(address)) {
      throw new FakeError(
        422,
        'FORWARD_TARGET_OUTSIDE',
        `${address} is in no network of this edge`,
        'Add the network first, under “Networks”.',
        'address',
      );
    }
    const service = host?.services.find(({ port }) => port === targetPort);
    const { note, expiresAt, portCount, allow } = request;
    const made = makeForward({
      edgePort: choosePort(request.edgePort, targetPort),
      protocol,
      host,
      address,
      targetPort,
      label: request.label,
      isWeb: service?.scheme === 'http' || [80, 8080].includes(targetPort),
    });
    return {
      ...made,
      note,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(portCount === undefined ? {} : { portCount }),
      ...(allow === undefined ? {} : { allow: { nodes: [], tags: allow.tags, users: [] } }),
    };
  };

  const addForward = ({ body, query }: FakeRequest): unknown => {
    const forward = plan(readBody(NewForward, body));
    if (query.get('dryRun') === '1') {
      const rule = `${forward.edgePort} : ${forward.targetAddress} . ${forward.targetPort}`;
      const ruleset = `add element inet sidegate forwards_${forward.protocol} { ${rule} }\nadd element inet sidegate forwarded_${forward.protocol} { ${forward.targetAddress} . ${forward.targetPort} }`;
      return { forward, ruleset };
    }
    put(data.forwards, 'forward.changed', forward);
    publishCounts();
    return forward;
  };

  const addScope = ({ body }: FakeRequest): Scope => {
    const { cidr, label, interfaceName, senderAddress, isPublicConfirmed } = readBody(NewScope, body);
    const isStray = interfaceName !== undefined;
    const isPrivate = /^(10|192\.168|172\.(1[6-9]|2\d|3[01]))\./.test(cidr);
    if (!isPrivate && isPublicConfirmed !== true) {
      throw new FakeError(
        422,
        'SCOPE_NOT_PRIVATE',
        `${cidr} is not a private network`,
        'Only private ranges are scanned.',
        'cidr',
      );
    }
    const wire = isStray ? { interfaceName, senderAddress } : {};
    const scope = { id: fakeId('c'), cidr, kind: isStray ? 'stray' : 'routed', label, ...wire } as Scope;
    data.scopes.set(scope.id, scope);
    return scope;
  };

  const patchScope = (id: string, body: unknown): Scope => {
    const { label, ...changes } = readBody(ScopePatch, body);
    const { plan: old, ...scope } = need(data.scopes.get(id), 'scope');
    const entries = Object.entries({ ...old, ...changes }).filter(([, value]) => value != null);
    const plan = entries.length === 0 ? {} : { plan: Object.fromEntries(entries) };
    const next = { ...scope, label: label ?? scope.label, ...plan } as Scope;
    data.scopes.set(id, next);
    return next;
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
    'POST /scopes': addScope,
    'GET /scopes/suggestions': () => [
      {
        cidr: '192.168.100.0/24',
        label: 'Modem',
        from: 'modem',
        why: 'Somebody answers at 192.168.100.1, where modems have their page.',
      },
    ],
    'PATCH /scopes/:id': ({ body }, { id = '' }) => patchScope(id, body),
    'GET /changes': () => data.changes,
    'POST /changes/seen': () => {
      data.changes = { since: Date.now(), changes: [] };
      return data.changes;
    },
    'DELETE /scopes/:id': (_, { id = '' }) => void data.scopes.delete(id),
    'GET /scans': () => list(data.scans),
    'POST /scans': (request) => ({ status: 200, body: startScan(request) }),
    'DELETE /scans/:id': (_, { id = '' }) => cancelScan(id),
    'GET /access-log': () => ({ entries: data.access }),
    'GET /forwards': () => list(data.forwards),
    'POST /forwards': addForward,
    'PATCH /forwards/:id': ({ body }, { id = '' }) =>
      put(data.forwards, 'forward.changed', {
        ...need(data.forwards.get(id), 'forward'),
        ...readBody(ForwardPatch, body),
      } as Forward),
    'DELETE /forwards/:id': (_, { id = '' }) => removeForward(id),
    'GET /addresses': () => list(data.addresses),
    'GET /templates': () => listTemplates(data),
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
    'POST /addresses': ({ body, query }) => {
      const { target } = readBody(NewAddress, body);
      const host = need(data.hosts.get(target.kind === 'host' ? target.hostId : ''), 'host');
      const address = makeAddress(host, 50 + data.addresses.size);
      if (query.get('dryRun') === '1') return { address, ruleset: '' };
      return put(data.addresses, 'address.changed', address);
    },
    'PATCH /addresses/:id': ({ body }, { id = '' }) =>
      put(data.addresses, 'address.changed', {
        ...need(data.addresses.get(id), 'address'),
        ...readBody(AddressPatch, body),
      } as Address),
    'DELETE /addresses/:id': (_, { id = '' }) => {
      data.addresses.delete(id);
      events.emit('address.removed', { id });
      return undefined;
    },
    'GET /session': ({ session }) => sessions.get(session),
    'DELETE /session': ({ session }) => {
      sessions.delete(session);
      return { status: 204, session: '' };
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
    isLoggedIn: (session) => sessions.has(session),
    handle: (request) => {
      const key = `${request.method} ${request.path}`;
      if (key in open) return dispatch(open, request);
      const answer = (status: number, code: string, message: string, hint: string): FakeAnswer => ({
        status,
        body: { error: { code, message, hint } },
      });
      if (!sessions.has(request.session))
        return answer(401, 'NOT_LOGGED_IN', 'You are not logged in', 'Log in.');
      if (request.method !== 'GET' && request.csrf !== CSRF) {
        return answer(
          403,
          'CSRF_REJECTED',
          'The request does not carry the token of its session',
          'Reload the page.',
        );
      }
      return dispatch(routes, request);
    },
  };
};
