/** A beacon over a directory in memory and a clock that tests move, and nodes that speak WireGuard to it. */
import { createVirtualClock, type UdpEndpoint } from '@sidegate/kit';
import type { Ip, NodeId } from '@sidegate/protocol';
import { type Beacon, createBeacon } from '../beacon.ts';
import type { BeaconLimits } from '../beacon-limits.ts';
import { encodePublicKey, generateKeyPair, importKeyPair, type KeyPair } from '../key-pair.ts';
import type { NodeRef, Outgoing, Way } from '../types.ts';
import {
  type ClientSession,
  consumeResponse,
  encodeInitiation,
  encodeTimestamp,
  encodeTransport,
  type Handshake,
} from './wireguard-initiator.ts';

/** Shorthand for an endpoint. */
export const at = (address: string, port: number): UdpEndpoint => ({ address: address as Ip, port });

/** A node with a WireGuard key. */
export interface TestNode extends NodeRef {
  readonly keys: KeyPair;
}

/** Two beacons' keys, fixed so that failures repeat. */
export const BEACON_KEYS = [new Uint8Array(32).fill(0x11), new Uint8Array(32).fill(0x22)] as const;
/** Their public halves, raw. */
export const BEACON_PUBLIC = BEACON_KEYS.map((key) => importKeyPair(key).publicBytes) as [
  Uint8Array,
  Uint8Array,
];

/** Makes a beacon with nodes; everybody may talk to everybody until told otherwise. */
export const createBeaconFixture = (limits: Partial<BeaconLimits> = {}) => {
  const clock = createVirtualClock();
  const nodes: TestNode[] = [];
  const forbidden = new Set<string>();
  const usedUp = new Set<NodeId>();
  const log: string[] = [];
  const inner: Uint8Array[] = [];
  const mayTalk = (from: NodeId, to: NodeId): boolean => !forbidden.has(`${from}>${to}`);
  const beacon: Beacon = createBeacon({
    keys: BEACON_KEYS,
    clock,
    limits,
    directory: {
      isNode: (publicKey) => nodes.find((node) => node.publicKey === publicKey),
      mayTalk,
      hasUsedUp: (from) => usedUp.has(from),
      relayCandidates: (from) => nodes.filter(({ id }) => id !== from && mayTalk(from, id)),
    },
    events: {
      onEndpoint: (node, { address, port }, beaconIndex) =>
        log.push(`${node} ${beaconIndex} ${address}:${port}`),
      onWebSocket: (node, beaconIndex) => log.push(`${node} ${beaconIndex} web-socket`),
      onAlive: () => {},
      onRelayed: (from, to, bytes) => log.push(`${from}>${to} ${bytes}`),
      onInnerPacket: (_node, _beaconIndex, packet) => inner.push(packet),
    },
  });

  const createNode = (name: string): TestNode => {
    const keys = generateKeyPair();
    return { id: name as NodeId, publicKey: encodePublicKey(keys.publicBytes), keys };
  };
  let nextIndex = 0x1000;

  const fixture = {
    clock,
    beacon,
    nodes,
    forbidden,
    usedUp,
    /** Endpoint and traffic events, as text. */
    log,
    /** Inner packets. */
    inner,
    createNode,

    /** Adds a node to the directory. */
    enrol(name: string): TestNode {
      const node = createNode(name);
      nodes.push(node);
      return node;
    },

    /** Begins a handshake with a beacon, or with another node. */
    begin(node: TestNode, peer: Uint8Array = BEACON_PUBLIC[0], cookie?: Uint8Array): Handshake {
      return encodeInitiation(node.keys, peer, nextIndex++, encodeTimestamp(clock.wallMs()), cookie);
    },

    send: (bytes: Uint8Array, from: Way, beaconIndex = 0): readonly Outgoing[] =>
      beacon.handleDatagram(beaconIndex, bytes, from),

    /** Handshakes without the keepalive that confirms. */
    async handshake(node: TestNode, from: Way, beaconIndex = 0): Promise<ClientSession> {
      // Timestamps have to rise, and the beacon takes no more than one initiation in 20 ms from a node.
      await clock.advance(25);
      const begun = fixture.begin(node, BEACON_PUBLIC[beaconIndex]);
      const [reply] = fixture.send(begun.bytes, from, beaconIndex);
      const session = reply && consumeResponse(node.keys, begun, reply.bytes);
      if (session === undefined) throw new Error('the beacon did not answer the handshake');
      return session;
    },

    /** Handshakes and sends the keepalive, as a node that adds the beacon peer does. */
    async greet(node: TestNode, from: Way, beaconIndex = 0): Promise<ClientSession> {
      const session = await fixture.handshake(node, from, beaconIndex);
      fixture.send(encodeTransport(session, 0), from, beaconIndex);
      return session;
    },
  };
  return fixture;
};
