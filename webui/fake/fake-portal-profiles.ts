/** The fake portal's devices with the stock WireGuard app. */
import { NewProfile, type PortalNode, type ProfileCreated, ProfileRenewal } from '@sidegate/protocol';
import { type FakeRequest, type FakeRoutes, fakeKey, need, readBody } from './fake-api.ts';
import { makeNode } from './portal-data.ts';
import type { PortalWorld } from './portal-world.ts';

const profileOf = ({ data }: PortalWorld, node: PortalNode): ProfileCreated =>
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

const addProfile = (world: PortalWorld, { body, session }: FakeRequest): ProfileCreated => {
  const { name, publicKey } = readBody(NewProfile, body);
  const user = world.sessions.get(session)?.user;
  const owner = user && { id: user.id, name: user.name };
  const rest = { role: 'client', platform: 'WireGuard app', profile: { isOutOfDate: false }, owner };
  const made = makeNode({ name, last: 40, rest }, Date.now());
  world.record(session, 'profile.created', name);
  return profileOf(world, world.putNode({ ...made, publicKey }));
};

const renewProfile = (world: PortalWorld, { body, session }: FakeRequest, id: string): ProfileCreated => {
  const node = need(world.data.nodes.get(id), 'node');
  const { publicKey } = readBody(ProfileRenewal, body);
  world.record(session, 'profile.renewed', node.name);
  return profileOf(world, world.putNode({ ...node, publicKey, profile: { isOutOfDate: false } }));
};

/** `/profiles`. */
export const profileRoutes = (world: PortalWorld): FakeRoutes => ({
  'POST /profiles': (request) => addProfile(world, request),
  'POST /profiles/:id/renew': (request, { id = '' }) => renewProfile(world, request, id),
});
