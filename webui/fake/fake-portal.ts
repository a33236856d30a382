/** The fake portal: the broker's API for browsers. */
import {
  LoginRequest,
  NewEnrolmentKey,
  NewProfile,
  NewUser,
  NodePatch,
  type PortalNode,
  type PortalSession,
  type ProfileCreated,
  ProfileRenewal,
  SetupRequest,
  type User,
  UserPatch,
} from '@sidegate/protocol';
import {
  createEvents,
  type FakeAnswer,
  type FakeApi,
  FakeError,
  type FakeRequest,
  type FakeRoutes,
  fakeId,
  fakeKey,
  need,
  readBody,
} from './fake-api.ts';
import { GOOD_TICKET } from './fake-edge.ts';
import { createFakeSessions } from './fake-sessions.ts';
import { makeNode, makePortalData, type PortalData } from './portal-data.ts';

/** The password of every fake user. */
export const PORTAL_PASSWORD = 'correct horse battery';
/** What the fake broker "printed" at its first start. */
export const SETUP_CODE = 'FIRST-RUN-CODE';

interface Options {
  readonly now?: number;
  readonly setupNeeded?: boolean;
  readonly edgeUrl?: string;
}

/** One portal in memory. */
export const createFakePortal = (options: Options = {}): FakeApi & { readonly data: PortalData } => {
  const now = options.now ?? Date.now();
  const data = makePortalData(now);
  const events = createEvents();
  const sessions = createFakeSessions<PortalSession>('SESSION_REQUIRED');
  let setupNeeded = options.setupNeeded ?? false;
  let tickets = 0;

  const record = (session: string, action: string, target: string, detail = ''): void => {
    data.audit.unshift({
      at: Date.now(),
      actor: sessions.get(session)?.user.name ?? '',
      action,
      target,
      detail,
    });
  };
  const openSession = (user: User): FakeAnswer => {
    const account = {
      id: fakeId('a'),
      name: 'Acme Home Service',
      label: 'acme',
      preset: 'service',
      baseDomain: 'sidegate.internal',
    };
    return sessions.open((terms) => ({ user, account, ...terms }) as PortalSession);
  };
  const login = ({ body }: FakeRequest): FakeAnswer => {
    const { email, password } = readBody(LoginRequest, body);
    const user = [...data.users.values()].find((one) => one.email === email);
    if (user === undefined || password !== PORTAL_PASSWORD) {
      throw new FakeError(
        401,
        'LOGIN_REJECTED',
        'E-mail address or password is wrong',
        'Check both; an administrator can set a new password.',
      );
    }
    return openSession(user);
  };
  const setUp = ({ body }: FakeRequest): FakeAnswer => {
    const request = readBody(SetupRequest, body);
    if (!setupNeeded) throw new FakeError(409, 'SETUP_DONE', 'The broker has an owner already', 'Log in.');
    if (request.setupCode !== SETUP_CODE) {
      throw new FakeError(
        403,
        'SETUP_CODE_REJECTED',
        'The set-up code is wrong',
        "The code stands in the broker's log.",
        'setupCode',
      );
    }
    setupNeeded = false;
    const user = {
      id: fakeId('u'),
      name: request.name,
      email: request.email,
      role: 'owner',
      createdAt: Date.now(),
    } as unknown as User;
    data.users.set(user.id, user);
    return openSession(user);
  };
  const putNode = (node: PortalNode): PortalNode => {
    data.nodes.set(node.id, node);
    events.emit('node.changed', node);
    return node;
  };
  const patchNode = ({ body, session }: FakeRequest, id: string): PortalNode => {
    const node = need(data.nodes.get(id), 'node');
    const patch = readBody(NodePatch, body);
    if (
      patch.name !== undefined &&
      [...data.nodes.values()].some((one) => one.id !== id && one.name === patch.name)
    ) {
      throw new FakeError(
        409,
        'NODE_NAME_TAKEN',
        `The name ${patch.name} is taken`,
        'Choose another name.',
        'name',
      );
    }
    record(session, 'node.changed', node.name);
    const { isRelay, ...change } = patch;
    const name = patch.name ?? node.name;
    const relay = node.relay && { ...node.relay, isApproved: isRelay ?? node.relay.isApproved };
    return putNode({
      ...node,
      ...change,
      ...(relay && { relay }),
      name,
      fqdn: `${name}.acme.sidegate.internal`,
    } as PortalNode);
  };
  const removeNode = ({ session }: FakeRequest, id: string): undefined => {
    const node = need(data.nodes.get(id), 'node');
    data.nodes.delete(id);
    record(session, 'node.removed', node.name);
    events.emit('node.removed', { id });
  };
  const issueTicket = ({ session }: FakeRequest, id: string): unknown => {
    const node = need(data.nodes.get(id), 'node');
    if (node.role !== 'edge')
      throw new FakeError(409, 'NODE_NOT_EDGE', `${node.name} has no web UI`, 'Only edges have a web UI.');
    if (!node.online)
      throw new FakeError(409, 'PEER_OFFLINE', `${node.name} is offline`, 'Try again when it is back.');
    record(session, 'ticket.issued', node.name);
    tickets += 1;
    return {
      url: `${options.edgeUrl ?? `http://${node.fqdn}`}/#ticket=${GOOD_TICKET}-${tickets}`,
      expiresAt: Date.now() + 60_000,
    };
  };
  const addKey = ({ body, session }: FakeRequest): unknown => {
    const { lifetimeSec, ...fields } = readBody(NewEnrolmentKey, body);
    const at = Date.now();
    const key = {
      id: fakeId('k'),
      ...fields,
      uses: 0,
      createdAt: at,
      expiresAt: at + lifetimeSec * 1000,
      state: 'valid' as const,
    };
    data.keys.set(key.id, key as never);
    record(session, 'enrolment-key.created', key.label);
    const secret = `sgk_${'k3y'.repeat(11).slice(0, 32)}`;
    return { key, secret, command: `sidegate up --broker https://broker.example.com --key ${secret}` };
  };
  const revokeKey = (id: string): undefined => {
    const key = need(data.keys.get(id), 'key');
    data.keys.set(id, { ...key, state: 'revoked' });
  };
  const needRequest = (code: string) => {
    const request = data.requests.get(decodeURIComponent(code));
    if (request !== undefined) return request;
    throw new FakeError(
      404,
      'ENROLMENT_REQUEST_UNKNOWN',
      `No machine waits with the code ${code}`,
      'Compare the code with the one the machine shows; it may have expired.',
    );
  };
  const approve = ({ session }: FakeRequest, code: string): undefined => {
    const { name, role, hostname, platform } = needRequest(code);
    data.requests.delete(code);
    record(session, 'enrolment.approved', name);
    putNode(makeNode({ name, last: 30, rest: { role, hostname, platform } }, Date.now()));
  };
  const addUser = ({ body, session }: FakeRequest): User => {
    const { password: _password, ...fields } = readBody(NewUser, body);
    if ([...data.users.values()].some(({ email }) => email === fields.email)) {
      throw new FakeError(
        409,
        'EMAIL_TAKEN',
        `${fields.email} is a user already`,
        'Choose another e-mail address.',
        'email',
      );
    }
    const user = { id: fakeId('u'), ...fields, createdAt: Date.now() } as unknown as User;
    data.users.set(user.id, user);
    record(session, 'user.created', user.name);
    return user;
  };
  const needOtherOwner = (id: string): void => {
    const owners = [...data.users.values()].filter(({ role }) => role === 'owner');
    if (owners.length === 1 && owners[0]?.id === id) {
      throw new FakeError(409, 'LAST_OWNER', 'The account needs an owner', 'Make somebody else owner first.');
    }
  };
  const patchUser = ({ body }: FakeRequest, id: string): User => {
    const user = need(data.users.get(id), 'user');
    const { password: _password, ...patch } = readBody(UserPatch, body);
    if (patch.role !== undefined && patch.role !== 'owner') needOtherOwner(id);
    const next = { ...user, ...patch } as User;
    data.users.set(id, next);
    return next;
  };
  const removeUser = (id: string): undefined => {
    need(data.users.get(id), 'user');
    needOtherOwner(id);
    data.users.delete(id);
  };

  const profileOf = (node: PortalNode): ProfileCreated =>
    ({
      node,
      profile: {
        address4: node.address4,
        address6: node.address6,
        beacon: { publicKey: fakeKey('beacon'), endpoint: '203.0.113.10:7382' },
        resolver: {
          addresses: ['100.64.0.3', 'fd5e:91c2:77a0::3'],
          searchDomain: 'acme.sidegate.internal',
          isForwarding: true,
        },
        peers: [...data.nodes.values()]
          .filter(({ role }) => role === 'edge')
          .map(({ name, publicKey, address4, address6 }) => ({
            name,
            publicKey,
            addresses: [address4, address6],
          })),
        omitted: 0,
      },
    }) as ProfileCreated;
  const addProfile = ({ body, session }: FakeRequest): ProfileCreated => {
    const { name, publicKey } = readBody(NewProfile, body);
    const user = sessions.get(session)?.user;
    const owner = user && { id: user.id, name: user.name };
    const rest = { role: 'client', platform: 'WireGuard app', profile: { isOutOfDate: false }, owner };
    const made = makeNode({ name, last: 40, rest }, Date.now());
    record(session, 'profile.created', name);
    return profileOf(putNode({ ...made, publicKey }));
  };
  const renewProfile = ({ body, session }: FakeRequest, id: string): ProfileCreated => {
    const node = need(data.nodes.get(id), 'node');
    const { publicKey } = readBody(ProfileRenewal, body);
    record(session, 'profile.renewed', node.name);
    return profileOf(putNode({ ...node, publicKey, profile: { isOutOfDate: false } }));
  };

  const list = <T>(map: Map<string, T>): T[] => [...map.values()];
  const routes: FakeRoutes = {
    'GET /nodes': () => list(data.nodes),
    'GET /nodes/:id': (_, { id = '' }) => need(data.nodes.get(id), 'node'),
    'PATCH /nodes/:id': (request, { id = '' }) => patchNode(request, id),
    'DELETE /nodes/:id': (request, { id = '' }) => removeNode(request, id),
    'POST /nodes/:id/ticket': (request, { id = '' }) => issueTicket(request, id),
    'GET /enrolment-keys': () => list(data.keys),
    'POST /enrolment-keys': addKey,
    'DELETE /enrolment-keys/:id': (_, { id = '' }) => revokeKey(id),
    'GET /enrolment-requests/:code': (_, { code = '' }) => needRequest(code),
    'POST /enrolment-requests/:code/approve': (request, { code = '' }) => approve(request, code),
    'POST /enrolment-requests/:code/deny': (_, { code = '' }) =>
      void data.requests.delete(needRequest(code).code),
    'POST /profiles': addProfile,
    'POST /profiles/:id/renew': (request, { id = '' }) => renewProfile(request, id),
    'GET /users': () => list(data.users),
    'POST /users': addUser,
    'PATCH /users/:id': (request, { id = '' }) => patchUser(request, id),
    'DELETE /users/:id': (_, { id = '' }) => removeUser(id),
    'GET /audit': () => data.audit.slice(0, 200),
  };
  const open: FakeRoutes = {
    'GET /state': () => ({ setupNeeded, version: '0.1.0', baseDomain: 'sidegate.internal' }),
    'POST /setup': setUp,
    'POST /session': login,
  };

  return {
    base: '/v1/portal',
    data,
    subscribe: events.subscribe,
    emit: events.emit,
    isLoggedIn: sessions.isLoggedIn,
    handle: sessions.guard(open, routes),
  };
};
