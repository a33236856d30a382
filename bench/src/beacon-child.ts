/** The broker's beacon and relay in a process of its own, without limits, talked to by the bench over IPC. */

import { systemClock } from '@sidegate/kit';
import type { Ip, NodeId, PublicKey } from '@sidegate/protocol';
import { createBeacon, startUdpServer } from '@sidegate/relay';

/** First the nodes' keys; then `cpu` as often as liked. */
export type BeaconChildRequest = readonly PublicKey[] | 'cpu';

/** What is answered. */
export interface BeaconChildReply {
  readonly port: number;
  readonly beaconKey: PublicKey;
  /** CPU time of the process so far, user and system. */
  readonly cpuMs: number;
}

const UNLIMITED = { perSec: Number.MAX_SAFE_INTEGER, burst: Number.MAX_SAFE_INTEGER };

const start = async (publicKeys: readonly PublicKey[]) => {
  const nodes = publicKeys.map((publicKey, at) => ({ id: `node${at}` as NodeId, publicKey }));
  const byKey = new Map(nodes.map((node) => [node.publicKey, node]));
  const beacon = createBeacon({
    keys: [new Uint8Array(32).fill(0x11)],
    clock: systemClock,
    limits: { initiations: UNLIMITED, initiationsPerPrefix: UNLIMITED, relayBytesPerNode: UNLIMITED },
    directory: { isNode: (key) => byKey.get(key), mayTalk: () => true, relayCandidates: () => nodes },
    events: { onEndpoint: () => {}, onAlive: () => {} },
  });
  const listen = [{ beaconIndex: 0, address: '127.0.0.1' as Ip, port: 0 }];
  const { bound } = await startUdpServer({ beacon, listen, clock: systemClock });
  return { port: bound[0]!.port, beaconKey: beacon.publicKeys[0]! };
};

let started: ReturnType<typeof start> | undefined;
process.on('message', async (request: BeaconChildRequest) => {
  started ??= start(request as readonly PublicKey[]);
  const { user, system } = process.cpuUsage();
  process.send!({ ...(await started), cpuMs: (user + system) / 1000 } satisfies BeaconChildReply);
});
process.on('disconnect', () => process.exit(0));
