/**
 * Finding devices of an attached network without ARP tools: one small datagram to every address makes the kernel ask
 * for it, and the neighbour table tells who answered.
 */
import { type Clock, hostsOf, isInCidr, isIp4, networkSize } from '@sidegate/kit';
import type { ScanScope } from '../../../discovery/scopes.ts';
import type { Links, Sockets } from '../../../ports/index.ts';
import type { DiscoverySink } from '../source.ts';

/** RFC 863: what is sent there is thrown away. */
const DISCARD_PORT = 9;
/** The kernel's neighbour table holds 1,024 entries by default, and an open question for 3 s. */
const BATCH_SIZE = 256;
const BATCH_MS = 1_100;
const LOOKS_PER_BATCH = 3;

/** What a sweep works with. */
export interface SweepDeps {
  readonly links: Links;
  readonly sockets: Sockets;
  readonly clock: Clock;
}

const reportNeighbours = async (links: Links, scope: ScanScope, sink: DiscoverySink, signal: AbortSignal) => {
  for (const { address, mac, interfaceName, state } of await links.readNeighbours(signal)) {
    if (interfaceName !== scope.interfaceName || !isIp4(address) || !isInCidr(address, scope.cidr)) continue;
    if (state.toUpperCase() === 'REACHABLE') sink.observe({ address, mac });
  }
};

/** One datagram to every address, in batches that the neighbour table can hold. */
export const sweepAttached = async (
  { links, sockets, clock }: SweepDeps,
  scope: ScanScope,
  sink: DiscoverySink,
  signal: AbortSignal,
): Promise<void> => {
  await using socket = await sockets.bindUdp({ family: 4 });
  const total = networkSize(scope.cidr);
  let asked = 0;
  const finishBatch = async () => {
    for (let look = 0; look < LOOKS_PER_BATCH; look++) {
      await clock.sleep(BATCH_MS / LOOKS_PER_BATCH, signal);
      await reportNeighbours(links, scope, sink, signal);
    }
    sink.progress(asked / total);
  };
  for (const address of hostsOf(scope.cidr)) {
    if (address !== scope.ownAddress) socket.send(new Uint8Array(1), { address, port: DISCARD_PORT });
    if (++asked % BATCH_SIZE === 0) await finishBatch();
  }
  await finishBatch();
};
