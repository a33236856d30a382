/**
 * What it costs the relay to find whom an initiation is for, where its sender may reach ten thousand nodes that are
 * all here. The core is called directly: what is measured is the search and nothing of sockets.
 */
import { systemClock, type UdpEndpoint } from '@sidegate/kit';
import type { Ip, NodeId } from '@sidegate/protocol';
import { type Beacon, createBeacon } from '@sidegate/relay';
import {
  consumeResponse,
  encodeInitiation,
  encodePublicKey,
  encodeTimestamp,
  encodeTransport,
  generateKeyPair,
  importKeyPair,
  type KeyPair,
} from '@sidegate/relay/testing';
import { medianOf, type Row } from './report.ts';

const NODES = 10_000;
/** Sessions that one technician renews. */
const ACQUAINTANCES = 500;
const FIRST_CONTACTS = 300;
const STRANGERS = 200;
/** Initiations a second that one core should be able to pass on whatever the case. */
const GOAL_PER_SEC = 500;
const GOAL_RENEWALS_PER_SEC = 20_000;
const BEACON_KEY = new Uint8Array(32).fill(0x11);
const BEACON_PUBLIC = importKeyPair(BEACON_KEY).publicBytes;
const UNLIMITED = { perSec: 1e12, burst: 1e12 };

const endpointOf = (at: number): UdpEndpoint => ({
  address: `10.${at >> 16}.${(at >> 8) & 0xff}.${at & 0xff}` as Ip,
  port: 40_000,
});

const createWorld = (keys: readonly KeyPair[]): Beacon => {
  const nodes = keys.map(({ publicBytes }, at) => ({
    id: `node${at}` as NodeId,
    publicKey: encodePublicKey(publicBytes),
  }));
  const byKey = new Map(nodes.map((node) => [node.publicKey, node]));
  const limits = {
    initiations: UNLIMITED,
    initiationsPerPrefix: UNLIMITED,
    mac1TrialsPerNode: UNLIMITED,
    relayBytesPerNode: UNLIMITED,
  };
  const beacon = createBeacon({
    keys: [BEACON_KEY],
    clock: systemClock,
    limits,
    directory: { isNode: (key) => byKey.get(key), mayTalk: () => true, relayCandidates: () => nodes },
    events: { onEndpoint: () => {}, onAlive: () => {} },
  });
  keys.forEach((own, at) => {
    const begun = encodeInitiation(own, BEACON_PUBLIC, at, encodeTimestamp(Date.now()));
    const [reply] = beacon.handleDatagram(0, begun.bytes, endpointOf(at));
    beacon.handleDatagram(0, encodeTransport(consumeResponse(own, begun, reply!.bytes)!, 0), endpointOf(at));
  });
  return beacon;
};

/** Initiations of the first node to these keys. */
const initiationsTo = (own: KeyPair, keys: readonly KeyPair[]): Uint8Array[] =>
  keys.map(
    ({ publicBytes }, at) => encodeInitiation(own, publicBytes, at, encodeTimestamp(Date.now() + at)).bytes,
  );

/** Measures worst case, first contacts and renewals. */
export const measureMac1Search = async (runs: number): Promise<Row[]> => {
  const keys = Array.from({ length: NODES }, generateKeyPair);
  const beacon = createWorld(keys);
  // A source of its own for each run and case: it must not know anybody yet.
  let nextSource = 0;
  const time = (source: number, messages: readonly Uint8Array[]): number => {
    const from = endpointOf(source);
    const { user: beforeUs } = process.cpuUsage();
    for (const bytes of messages) beacon.handleDatagram(0, bytes, from);
    return (process.cpuUsage().user - beforeUs) / 1000 / messages.length;
  };
  const cases: Record<'worst' | 'first' | 'renewal', number[]> = { worst: [], first: [], renewal: [] };
  const strangers = Array.from({ length: STRANGERS }, generateKeyPair);
  for (let run = 0; run <= runs; run++) {
    const source = nextSource++;
    const own = keys[source]!;
    const targets = Array.from({ length: FIRST_CONTACTS }, (_, at) => keys[(at * 7_919 + 100) % NODES]!);
    const worst = time(source, initiationsTo(own, strangers));
    const first = time(source, initiationsTo(own, targets));
    const other = nextSource++;
    const friends = keys.slice(1_000, 1_000 + ACQUAINTANCES);
    time(other, initiationsTo(keys[other]!, friends));
    const renewal = time(other, initiationsTo(keys[other]!, friends));
    if (run === 0) continue;
    cases.worst.push(worst);
    cases.first.push(first);
    cases.renewal.push(renewal);
  }
  const rowsOf = (what: string, valuesMs: readonly number[], goalPerSec: number): Row[] => {
    const valueMs = medianOf(valuesMs);
    const goalMs = 1000 / goalPerSec;
    return [
      {
        what,
        value: valueMs * 1000,
        unit: 'us of CPU each',
        goal: `<= ${goalMs * 1000}`,
        ok: valueMs <= goalMs,
      },
      {
        what,
        value: 1000 / valueMs,
        unit: 'per core second',
        goal: `>= ${goalPerSec}`,
        ok: valueMs <= goalMs,
      },
    ];
  };
  return [
    ...rowsOf('relayed initiation, 10,000 permitted, to nobody', cases.worst, GOAL_PER_SEC),
    ...rowsOf('relayed initiation, 10,000 permitted, first contact', cases.first, GOAL_PER_SEC),
    ...rowsOf('relayed initiation, renewal of 500 sessions in turn', cases.renewal, GOAL_RENEWALS_PER_SEC),
  ];
};
