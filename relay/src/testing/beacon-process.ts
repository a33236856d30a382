/**
 * A beacon in a process of its own, for a machine of the lab: configuration as JSON in the first argument, events as
 * JSON lines on stdout, a line with a node's id on stdin asks for its kind of NAT.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '@sidegate/kit';
import { type BeaconLimits, createBeacon, type NodeRef, startUdpServer, type UdpListen } from '../index.ts';

/** What the process is told. */
export interface BeaconProcessConfig {
  /** Private keys, base64. */
  readonly keys: readonly string[];
  readonly listen: readonly UdpListen[];
  readonly nodes: readonly NodeRef[];
  readonly limits?: Partial<BeaconLimits>;
}

/** What it says. */
export type BeaconProcessEvent =
  | { readonly what: 'listening' }
  | {
      readonly what: 'endpoint';
      readonly node: string;
      readonly endpoint: string;
      readonly beaconIndex: number;
    }
  | { readonly what: 'nat-kind'; readonly node: string; readonly kind: string }
  | { readonly what: 'stats'; readonly handshakes: number; readonly cookieReplies: number };

const say = (event: BeaconProcessEvent): void => console.log(JSON.stringify(event));
const { keys, listen, nodes, limits = {} } = JSON.parse(process.argv[2]!) as BeaconProcessConfig;

const beacon = createBeacon({
  keys: keys.map((key) => Buffer.from(key, 'base64')),
  clock: systemClock,
  limits,
  directory: {
    isNode: (publicKey) => nodes.find((node) => node.publicKey === publicKey),
    mayTalk: () => true,
    relayCandidates: (from) => nodes.filter(({ id }) => id !== from),
  },
  events: {
    onEndpoint: (node, { address, port }, beaconIndex) =>
      say({ what: 'endpoint', node, endpoint: `${address}:${port}`, beaconIndex }),
    onAlive: () => {},
  },
});
await startUdpServer({ beacon, listen, clock: systemClock });
say({ what: 'listening' });
createInterface({ input: process.stdin }).on('line', (line) => {
  const node = nodes.find(({ id }) => id === line);
  if (node !== undefined) say({ what: 'nat-kind', node: node.id, kind: beacon.natKind(node.id) });
  const { handshakes, cookieReplies } = beacon.stats();
  if (node === undefined) say({ what: 'stats', handshakes, cookieReplies });
});
