/** The fake portal: the broker's API for browsers, who gets in and who must set it up first. */
import { LoginRequest, type PortalSession, SetupRequest, type User } from '@sidegate/protocol';
import {
  type FakeAnswer,
  type FakeApi,
  FakeError,
  type FakeRequest,
  type FakeRoutes,
  fakeId,
  readBody,
} from './fake-api.ts';
import { enrolmentRoutes } from './fake-portal-enrolment.ts';
import { nodeRoutes } from './fake-portal-nodes.ts';
import { profileRoutes } from './fake-portal-profiles.ts';
import { userRoutes } from './fake-portal-users.ts';
import type { PortalData } from './portal-data.ts';
import { createPortalWorld, type PortalWorld } from './portal-world.ts';

/** The password of every fake user. */
export const PORTAL_PASSWORD = 'correct horse battery';
/** What the fake broker "printed" at its first start. */
export const SETUP_CODE = 'FIRST-RUN-CODE';

interface Options {
  readonly now?: number;
  readonly setupNeeded?: boolean;
  readonly edgeUrl?: string;
}

const ACCOUNT = {
  id: fakeId('a'),
  name: 'Acme Home Service',
  label: 'acme',
  preset: 'service',
  baseDomain: 'sidegate.internal',
};

const openSession = ({ sessions }: PortalWorld, user: User): FakeAnswer =>
  sessions.open((terms) => ({ user, account: ACCOUNT, ...terms }) as PortalSession);

const logIn = (world: PortalWorld, { body }: FakeRequest): FakeAnswer => {
  const { email, password } = readBody(LoginRequest, body);
  const user = [...world.data.users.values()].find((one) => one.email === email);
  if (user !== undefined && password === PORTAL_PASSWORD) return openSession(world, user);
  throw new FakeError(
    401,
    'LOGIN_REJECTED',
    'E-mail address or password is wrong',
    'Check both; an administrator can set a new password.',
  );
};

const addOwner = ({ data }: PortalWorld, { name, email, setupCode }: SetupRequest): User => {
  if (setupCode !== SETUP_CODE) {
    throw new FakeError(
      403,
      'SETUP_CODE_REJECTED',
      'The set-up code is wrong',
      "The code stands in the broker's log.",
      'setupCode',
    );
  }
  const owner = { id: fakeId('u'), name, email, role: 'owner', createdAt: Date.now() } as unknown as User;
  data.users.set(owner.id, owner);
  return owner;
};

const openRoutes = (world: PortalWorld, isSetupNeeded: boolean): FakeRoutes => {
  let setupNeeded = isSetupNeeded;
  return {
    'GET /state': () => ({ setupNeeded, version: '0.1.0', baseDomain: 'sidegate.internal' }),
    'POST /setup': ({ body }) => {
      const request = readBody(SetupRequest, body);
      if (!setupNeeded) throw new FakeError(409, 'SETUP_DONE', 'The broker has an owner already', 'Log in.');
      const owner = addOwner(world, request);
      setupNeeded = false;
      return openSession(world, owner);
    },
    'POST /session': (request) => logIn(world, request),
  };
};

/** One portal in memory. */
export const createFakePortal = (options: Options = {}): FakeApi & { readonly data: PortalData } => {
  const world = createPortalWorld(options.now ?? Date.now());
  const { data, events, sessions } = world;
  return {
    base: '/v1/portal',
    data,
    subscribe: events.subscribe,
    emit: events.emit,
    isLoggedIn: sessions.isLoggedIn,
    handle: sessions.guard(openRoutes(world, options.setupNeeded ?? false), {
      ...nodeRoutes(world, options.edgeUrl),
      ...enrolmentRoutes(world),
      ...profileRoutes(world),
      ...userRoutes(world),
      'GET /audit': () => data.audit.slice(0, 200),
    }),
  };
};
