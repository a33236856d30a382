import { randomBytes } from 'node:crypto';
import { codeOf } from '@sidegate/kit';
import { type DnsLabel, type Email, type Endpoint, type PublicKey, RelayDirectory } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toActor } from './logins.ts';
import type { Node } from './node.ts';
import { createAccount } from './setup.ts';
import {
  createTestService,
  describeCheckIn,
  readMap,
  type TestService,
} from './testing/create-test-service.ts';

const KEY = randomBytes(32).toString('base64') as PublicKey;
const AT = '198.51.100.20:7383' as Endpoint;

let world: TestService;
let edge: Node;
let otherEdge: Node;
let laptop: Node;
beforeEach(async () => {
  world = await createTestService();
  const technician = await world.addUser('technician');
  edge = await world.addNode(world.owner, 'edge', 'alder');
  otherEdge = await world.addNode(world.owner, 'edge', 'birch');
  laptop = await world.addNode(technician, 'client', 'laptop');
});
afterEach(() => world.stop());

const offer = (node: Node, publicKey: PublicKey = KEY, endpoint: Endpoint = AT) =>
  world.service.checkIn(node, describeCheckIn({ relay: { publicKey, endpoints: [endpoint] } }));
const approve = (isRelay: boolean) => world.service.nodes.update(world.owner, edge.id, { isRelay });

test('an offer alone changes nothing; once approved the relay is in every map but its own', async () => {
  offer(edge);
  expect(readMap(world, laptop).relays).toBeUndefined();
  expect(world.service.nodes.get(world.owner, edge.id).relay).toEqual({
    publicKey: KEY,
    endpoints: [AT],
    isApproved: false,
  });
  await approve(true);
  const named = [{ node: edge.id, name: 'alder', publicKey: KEY, endpoints: [AT] }];
  expect(readMap(world, laptop).relays).toEqual(named);
  expect(readMap(world, otherEdge).relays).toEqual(named);
  expect(world.service.nodes.get(world.owner, edge.id).relay?.isApproved).toBe(true);
  offer(edge);
  const { update } = world.service.checkIn(
    edge,
    describeCheckIn({ relay: { publicKey: KEY, endpoints: [AT] } }),
  );
  expect(update).toMatchObject({ kind: 'full' });
  expect('map' in update && update.map.relays).toBe(undefined);
});

test('approval and revocation reach the others as a delta, at once', async () => {
  offer(edge);
  const { revision } = readMap(world, laptop);
  const { events } = world.watch(laptop, revision);
  await approve(true);
  await world.clock.advance(50);
  expect(events.at(-1)).toMatchObject({ event: 'map', data: { kind: 'delta', relays: [{ node: edge.id }] } });
  await approve(false);
  await world.clock.advance(50);
  expect(events.at(-1)).toMatchObject({ event: 'map', data: { kind: 'delta', relays: [] } });
});

test('another key has to be approved anew, another address has not', async () => {
  offer(edge);
  await approve(true);
  const elsewhere = '198.51.100.21:7383' as Endpoint;
  offer(edge, KEY, elsewhere);
  expect(readMap(world, laptop).relays?.[0]?.endpoints).toEqual([elsewhere]);
  offer(edge, randomBytes(32).toString('base64') as PublicKey);
  expect(readMap(world, laptop).relays).toBeUndefined();
});

test('a relay that is turned off, or whose node goes, leaves the maps', async () => {
  offer(edge);
  await approve(true);
  world.service.checkIn(edge, describeCheckIn());
  expect(readMap(world, laptop).relays).toBeUndefined();
  offer(edge);
  expect(readMap(world, laptop).relays).toHaveLength(1);
  await world.service.nodes.remove(world.owner, edge.id);
  expect(readMap(world, laptop).relays).toBeUndefined();
});

test('the directory names who may meet whom, and only approved relays get it', async () => {
  expect(() => world.service.relays.directoryFor(edge)).toThrow();
  offer(edge);
  await approve(true);
  const directory = v.parse(RelayDirectory, world.service.relays.directoryFor(edge));
  expect(directory.nodes.map(({ id }) => id).sort()).toEqual([edge.id, otherEdge.id, laptop.id].sort());
  const groupOf = (node: Node) => directory.nodes.find(({ id }) => id === node.id)!.group;
  const meets = (one: Node, other: Node) =>
    directory.meets.some(
      ([a, b]) =>
        (a === groupOf(one) && b === groupOf(other)) || (b === groupOf(one) && a === groupOf(other)),
    );
  expect(meets(laptop, edge)).toBe(world.service.registry.mayMeet(laptop, edge));
  expect(meets(laptop, edge)).toBe(true);
  expect(meets(edge, otherEdge)).toBe(false);
});

test('a relay is told when a node comes, and not when one merely checks in', async () => {
  offer(edge);
  await approve(true);
  const { events } = world.watch(edge);
  const count = () => events.filter(({ event }) => event === 'relay-directory').length;
  world.service.checkIn(laptop, describeCheckIn({ listenPort: 41_000 }));
  await world.clock.advance(500);
  const before = count();
  await world.addNode(world.owner, 'edge', 'cedar');
  await world.clock.advance(500);
  expect(count()).toBe(before + 1);
});

test('who belongs to another account is no relay’s, meets nobody here and may not let its machines relay', async () => {
  const { store, clock, service } = world;
  const { account, owner } = await createAccount(store, clock, {
    accountName: 'Other',
    accountLabel: 'other' as DnsLabel,
    preset: 'mesh',
    name: 'Otto',
    email: 'otto@example.com' as Email,
    password: 'correct horse battery',
  });
  service.registry.addAccount(account);
  service.registry.setPerson(owner);
  const stranger = await world.addNode(toActor(owner), 'client', 'stranger');
  offer(edge);
  await approve(true);
  const directory = v.parse(RelayDirectory, service.relays.directoryFor(edge));
  expect(directory.nodes.map(({ id }) => id)).not.toContain(stranger.id);
  expect(readMap(world, stranger).relays).toBeUndefined();
  expect([...service.directory.relayCandidates(stranger.id)]).toEqual([]);
  expect(service.directory.mayTalk(stranger.id, laptop.id)).toBe(false);
  expect(service.directory.mayTalk(laptop.id, stranger.id)).toBe(false);
  await expect(service.nodes.update(toActor(owner), edge.id, { isRelay: false })).rejects.toSatisfy(
    (error) => codeOf(error) === 'NODE_UNKNOWN',
  );
});

test('only administrators choose relays, and only among those that offer', async () => {
  const technician = await world.addUser('technician', 'tom');
  offer(edge);
  await expect(world.service.nodes.update(technician, edge.id, { isRelay: true })).rejects.toSatisfy(
    (error) => codeOf(error) === 'ROLE_FORBIDDEN',
  );
  await expect(world.service.nodes.update(world.owner, otherEdge.id, { isRelay: true })).rejects.toSatisfy(
    (error) => codeOf(error) === 'RELAY_NOT_OFFERED',
  );
});

test('peers learn which relays a node reaches', () => {
  world.service.checkIn(laptop, describeCheckIn({ relays: [KEY] }));
  expect(readMap(world, edge).peers.find(({ id }) => id === laptop.id)?.relays).toEqual([KEY]);
});
