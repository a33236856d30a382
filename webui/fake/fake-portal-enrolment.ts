/** How machines join the fake portal's account: by keys, and by codes that somebody approves. */
import { NewEnrolmentKey, type PendingEnrolment } from '@sidegate/protocol';
import { FakeError, type FakeRequest, type FakeRoutes, fakeId, need, readBody } from './fake-api.ts';
import { makeNode } from './portal-data.ts';
import type { PortalWorld } from './portal-world.ts';

const addKey = ({ data, record }: PortalWorld, { body, session }: FakeRequest): unknown => {
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

const revokeKey = ({ data }: PortalWorld, id: string): undefined => {
  const key = need(data.keys.get(id), 'key');
  data.keys.set(id, { ...key, state: 'revoked' });
};

const needRequest = ({ data }: PortalWorld, code: string): PendingEnrolment => {
  const request = data.requests.get(decodeURIComponent(code));
  if (request !== undefined) return request;
  throw new FakeError(
    404,
    'ENROLMENT_REQUEST_UNKNOWN',
    `No machine waits with the code ${code}`,
    'Compare the code with the one the machine shows; it may have expired.',
  );
};

const approve = (world: PortalWorld, { session }: FakeRequest, code: string): undefined => {
  const { name, role, hostname, platform } = needRequest(world, code);
  world.data.requests.delete(code);
  world.record(session, 'enrolment.approved', name);
  world.putNode(makeNode({ name, last: 30, rest: { role, hostname, platform } }, Date.now()));
};

/** `/enrolment-keys` and `/enrolment-requests`. */
export const enrolmentRoutes = (world: PortalWorld): FakeRoutes => ({
  'GET /enrolment-keys': () => [...world.data.keys.values()],
  'POST /enrolment-keys': (request) => addKey(world, request),
  'DELETE /enrolment-keys/:id': (_, { id = '' }) => revokeKey(world, id),
  'GET /enrolment-requests/:code': (_, { code = '' }) => needRequest(world, code),
  'POST /enrolment-requests/:code/approve': (request, { code = '' }) => approve(world, request, code),
  'POST /enrolment-requests/:code/deny': (_, { code = '' }) =>
    void world.data.requests.delete(needRequest(world, code).code),
});
