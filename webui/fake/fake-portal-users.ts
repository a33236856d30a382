/** The fake portal's people. */
import { NewUser, type User, UserPatch } from '@sidegate/protocol';
import { FakeError, type FakeRequest, type FakeRoutes, fakeId, need, readBody } from './fake-api.ts';
import type { PortalWorld } from './portal-world.ts';

const addUser = ({ data, record }: PortalWorld, { body, session }: FakeRequest): User => {
  const { password: _password, ...fields } = readBody(NewUser, body);
  if ([...data.users.values()].some(({ email }) => email === fields.email)) {
    const message = `${fields.email} is a user already`;
    throw new FakeError(409, 'EMAIL_TAKEN', message, 'Choose another e-mail address.', 'email');
  }
  const user = { id: fakeId('u'), ...fields, createdAt: Date.now() } as unknown as User;
  data.users.set(user.id, user);
  record(session, 'user.created', user.name);
  return user;
};

const needOtherOwner = ({ data }: PortalWorld, id: string): void => {
  const owners = [...data.users.values()].filter(({ role }) => role === 'owner');
  if (owners.length === 1 && owners[0]?.id === id)
    throw new FakeError(409, 'LAST_OWNER', 'The account needs an owner', 'Make somebody else owner first.');
};

const patchUser = (world: PortalWorld, { body }: FakeRequest, id: string): User => {
  const { users } = world.data;
  const user = need(users.get(id), 'user');
  const { password: _password, ...patch } = readBody(UserPatch, body);
  if (patch.role !== undefined && patch.role !== 'owner') needOtherOwner(world, id);
  const next = { ...user, ...patch } as User;
  users.set(id, next);
  return next;
};

const removeUser = (world: PortalWorld, id: string): undefined => {
  need(world.data.users.get(id), 'user');
  needOtherOwner(world, id);
  world.data.users.delete(id);
};

/** `/users`. */
export const userRoutes = (world: PortalWorld): FakeRoutes => ({
  'GET /users': () => [...world.data.users.values()],
  'POST /users': (request) => addUser(world, request),
  'PATCH /users/:id': (request, { id = '' }) => patchUser(world, request, id),
  'DELETE /users/:id': (_, { id = '' }) => removeUser(world, id),
});
