/** The broker's services over a database in memory and a virtual clock, with short ways to people and nodes. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createVirtualClock, newId, silentLogger, splitEndpoint } from '@sidegate/kit';
import {
  type Beacon,
  type CheckInRequest,
  type Cidr4,
  type DnsLabel,
  type Email,
  type Endpoint,
  type Enrolment,
  type Ip,
  NetworkMap,
  type NodeDescription,
  type NodeEvent,
  type NodeRole,
  type PublicKey,
  type UserId,
  type UserRole,
} from '@sidegate/protocol';
import * as v from 'valibot';
import type { PolicyPreset } from '../../store/schema.ts';
import { openStore } from '../../store/store.ts';
import type { PortalActor } from '../actor.ts';
import { createBrokerService } from '../broker-service.ts';
import { toActor } from '../logins.ts';
import type { Node } from '../node.ts';
import { hashSecret } from '../secrets.ts';
import { createAccount } from '../setup.ts';

/** A description of a machine that wants to be let in. */
export const describeNode = (more: Partial<NodeDescription> = {}): NodeDescription => {
  // The last character of base64 carries four bits of a 32 byte key.
  const publicKey = randomBytes(32).toString('base64') as PublicKey;
  return {
    publicKey,
    role: 'edge',
    name: 'home' as DnsLabel,
    hostname: 'home',
    platform: 'debian',
    agentVersion: '1.0.0',
    bootId: randomUUID(),
    ...more,
  };
};

/** A check-in that reports nothing of interest. */
export const describeCheckIn = (more: Partial<CheckInRequest> = {}): CheckInRequest => ({
  bootId: '00000000-0000-4000-8000-000000000001',
  revision: 0,
  agentVersion: '1.0.0',
  listenPort: 40_001,
  candidates: [],
  paths: [],
  health: [],
  counts: { hosts: 0, forwards: 0 },
  ...more,
});

/** Starts the services; `stop` ends their chores and the database. */
export const createTestService = async (
  preset: PolicyPreset = 'service',
  prefix4 = '100.64.0.0/10',
  beacons: readonly Beacon[] = [],
) => {
  const clock = createVirtualClock();
  const store = await openStore(':memory:');
  const { account, owner } = await createAccount(store, clock, {
    accountName: 'Acme',
    accountLabel: 'acme' as DnsLabel,
    preset,
    prefix4: prefix4 as Cidr4,
    name: 'Olga',
    email: 'owner@example.com' as Email,
    password: 'correct horse battery',
  });
  const stopping = new AbortController();
  const service = await createBrokerService(
    {
      store,
      clock,
      logger: silentLogger,
      ticketKey: generateKeyPairSync('ed25519').privateKey,
      beacons,
      brokerAddresses: new Set(['203.0.113.10' as Ip]),
      publicUrl: 'https://broker.example.com',
      baseDomain: 'sidegate.internal',
      checkInSec: 60,
      edgeUrl: 'http://{fqdn}/',
      isLoopbackAllowed: false,
      isForwarding: true,
    },
    stopping.signal,
  );

  /** A person, without the cost of a password. */
  const addUser = async (role: UserRole, name: string = role): Promise<PortalActor> => {
    const user = {
      id: newId<UserId>('u'),
      accountId: account.id,
      name,
      email: `${name}@example.com` as Email,
      role,
      passwordHash: '',
      createdAt: clock.wallMs(),
      lastLoginAt: null,
    };
    await store.users.insert(user);
    service.network.changePerson(user.id, user);
    return toActor(user);
  };
  /** An enrolment key that works once, for an hour. */
  const addKey = (actor: PortalActor, role: NodeRole) =>
    service.keys.create(actor, { label: '', role, tags: [], reusable: false, lifetimeSec: 3600 });
  const enrol = async (actor: PortalActor, role: NodeRole, name: string): Promise<Enrolment> => {
    const { secret } = await addKey(actor, role);
    return service.enrolment.enrolByKey({
      key: secret,
      node: describeNode({ role, name: name as DnsLabel }),
    });
  };
  const addNode = async (actor: PortalActor, role: NodeRole, name: string): Promise<Node> => {
    const { token } = await enrol(actor, role, name);
    return service.registry.findByToken(hashSecret(token))!;
  };
  /** Opens the node's event stream and keeps what comes. */
  const watch = (node: Node, revision?: number) => {
    const events: NodeEvent[] = [];
    let isClosed = false;
    const stream = service.nodeStreams.open(node, revision, {
      send: (event) => void events.push(event),
      touch: () => {},
      close: () => {
        isClosed = true;
        stream[Symbol.dispose]();
      },
    });
    return { events, stream, isClosed: () => isClosed };
  };
  return {
    clock,
    store,
    service,
    account,
    owner: toActor(owner),
    addUser,
    addKey,
    enrol,
    addNode,
    watch,
    async stop(): Promise<void> {
      stopping.abort();
      await store.close();
    },
  };
};
export type TestService = Awaited<ReturnType<typeof createTestService>>;

/** The whole map of a node, as a check-in gives it. */
export const readMap = ({ service }: TestService, node: Node): NetworkMap => {
  const { update } = service.checkIn(node, describeCheckIn());
  if (update.kind !== 'full') throw new Error(`expected a whole map, got ${update.kind}`);
  return v.parse(NetworkMap, update.map);
};

/** Lets a beacon see the node at an endpoint. */
export const seeEndpoint = (
  { service }: TestService,
  node: Node,
  endpoint: string,
  beaconIndex: number,
): void => service.beaconEvents.onEndpoint(node.id, splitEndpoint(endpoint as Endpoint), beaconIndex);

/** The map updates among events. */
export const updatesIn = (events: readonly NodeEvent[]) =>
  events.filter(({ event }) => event === 'map').map(({ data }) => data);

/** Services for the tests of one file: each test opens its own, and the rest is about the one opened last. */
export const createTestWorld = () => {
  let world: TestService | undefined;
  const current = (): TestService => {
    if (world === undefined) throw new Error('open the world first');
    return world;
  };
  return {
    current,
    async open(...options: Parameters<typeof createTestService>): Promise<TestService> {
      world = await createTestService(...options);
      return world;
    },
    /** For `afterEach`. */
    async stop(): Promise<void> {
      await world?.stop();
    },
    mapOf: (node: Node): NetworkMap => readMap(current(), node),
    seeAt: (node: Node, endpoint: string, beaconIndex = 0): void =>
      seeEndpoint(current(), node, endpoint, beaconIndex),
  };
};
