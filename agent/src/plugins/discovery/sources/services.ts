/** Looks closer at every device found: which of the ports people use are open, and what speaks there. */
import { type Clock, createLimiter } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import type { ScanScope } from '../../../discovery/scopes.ts';
import { KNOWN_PORTS, type KnownPort, toKnownPort } from '../../../discovery/service-names.ts';
import type { DiscoverySink, DiscoverySource } from '../source.ts';
import { createNeighbourPace } from './neighbour-pace.ts';
import { probeService } from './probe-service.ts';

/** Politeness: to one device, and in all. Small devices have few sockets; the agent has few file descriptors. */
const PER_HOST = 12;
const HOSTS_AT_ONCE = 64;
const IN_ALL = 320;
/** Thousands of connections are work: the finders, who are quick, go first. */
const HEAD_START_MS = 600;
const TIMEOUT_MS = { attached: 350, routed: 900 } as const;

/** Tries `ports` on every address found. */
export const createServiceSource = (
  clock: Clock,
  ports: readonly KnownPort[] = KNOWN_PORTS,
): DiscoverySource => ({
  name: 'services',
  phase: 'Asking devices for their services',
  role: 'examine',
  weight: 0.6,
  async scan(scope: ScanScope, sink: DiscoverySink, signal: AbortSignal) {
    // Where we have no address, nobody can answer us.
    if (scope.senderAddress !== undefined) return;
    const wanted =
      scope.ports?.map((port) => ports.find((one) => one.port === port) ?? toKnownPort(port)) ?? ports;
    const overall = createLimiter(IN_ALL);
    const hosts = createLimiter(HOSTS_AT_ONCE);
    let total = 0;
    let done = 0;
    const connectTimeoutMs = scope.interfaceName === undefined ? TIMEOUT_MS.routed : TIMEOUT_MS.attached;

    const pace = createNeighbourPace(clock);
    const examine = async (address: Ip4) => {
      await pace(signal);
      const perHost = createLimiter(PER_HOST);
      let wasSeen = false;
      const probe = async (port: KnownPort) => {
        signal.throwIfAborted();
        const { isAlive, finding } = await probeService(port, { address, clock, signal, connectTimeoutMs });
        sink.progress(++done / total);
        if (finding !== undefined) sink.observe({ address, ...finding });
        else if (isAlive && !wasSeen) sink.observe({ address });
        wasSeen ||= isAlive;
      };
      await Promise.all(wanted.map((port) => perHost.run(() => overall.run(() => probe(port)))));
    };

    const examinations: Promise<void>[] = [];
    if (scope.interfaceName !== undefined) await clock.sleep(HEAD_START_MS, signal);
    for await (const address of sink.addresses) {
      if (signal.aborted) break;
      total += wanted.length;
      const examination = hosts.run(() => examine(address));
      // Its error is taken below; until then it must not count as unhandled.
      examination.catch(() => {});
      examinations.push(examination);
    }
    await Promise.all(examinations);
    signal.throwIfAborted();
  },
});
