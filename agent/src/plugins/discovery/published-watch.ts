/**
 * Keeps an eye on published hosts: now and then each is asked by ARP whether it still is where it was. One that moved
 * (DHCP gave it another address) is looked for on its network, so that its forwards follow without anybody scanning.
 */
import { type Clock, codeOf, type Logger } from '@sidegate/kit';
import type { Host, Ip4 } from '@sidegate/protocol';
import type { ScanScope } from '../../discovery/scopes.ts';
import type { Run } from '../../ports/index.ts';
import type { HostKeeper } from './host-keeper.ts';
import { askByArp, runArpScan } from './sources/arp-scan.ts';

const LOOK_MS = 60_000;
/** A network is swept for a lost host at most this often: turned-off devices are lost for long. */
const SEARCH_MS = 300_000;
const SEARCH_PASS = { timeoutMs: 300, intervalUs: 1000 } as const;

/** What the watch looks at and asks with. */
export interface PublishedWatchDeps {
  readonly run: Run;
  readonly keeper: HostKeeper;
  readonly scopes: () => readonly ScanScope[];
  readonly isScanning: (scope: ScanScope) => boolean;
  /** Published hosts. */
  readonly published: () => readonly Host[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The watch; disposing it ends the rounds. */
export interface PublishedWatch extends Disposable {
  /** One round; `start` does this by the clock. */
  look(): Promise<void>;
  start(): void;
}

/** Does nothing before `start`. */
export const createPublishedWatch = (deps: PublishedWatchDeps): PublishedWatch => {
  const { run, keeper, clock, log, signal } = deps;
  const searchedAt = new Map<string, number>();
  let timer: Disposable | undefined;

  const lookAt = async (scope: ScanScope, interfaceName: string, hosts: readonly Host[]) => {
    const startedAt = clock.wallMs();
    const seen = new Set<string>();
    const onDevice = ({
      address,
      mac,
    }: {
      readonly address: Ip4;
      readonly mac: NonNullable<Host['mac']>;
    }) => {
      seen.add(mac);
      keeper.note(
        keeper.book.observe({ source: 'arp', at: clock.wallMs(), scopeId: scope.id, address, mac }),
      );
    };
    const addresses = hosts.flatMap((host) => host.addresses.filter((one): one is Ip4 => !one.includes(':')));
    if (addresses.length > 0) await askByArp(run, interfaceName, addresses, onDevice, signal);
    const isLost = hosts.some(({ mac }) => mac !== undefined && !seen.has(mac));
    const lastSearch = searchedAt.get(scope.id) ?? Number.NEGATIVE_INFINITY;
    if (isLost && clock.monoMs() - lastSearch >= SEARCH_MS) {
      searchedAt.set(scope.id, clock.monoMs());
      await runArpScan(run, interfaceName, [scope.cidr], SEARCH_PASS, onDevice, signal);
    } else if (isLost) return;
    const only = new Set(hosts.map(({ id }) => id));
    keeper.note(keeper.book.endScan({ scopeId: scope.id, startedAt, sawServices: false, only }));
  };
  const look = async () => {
    for (const scope of deps.scopes()) {
      const hosts = deps.published().filter(({ scopeId, mac }) => scopeId === scope.id && mac !== undefined);
      if (scope.interfaceName === undefined || hosts.length === 0 || deps.isScanning(scope)) continue;
      await lookAt(scope, scope.interfaceName, hosts).catch((error: unknown) => {
        if (!signal.aborted) log.debug('look after published hosts', { code: codeOf(error), error });
      });
    }
  };
  const start = () => {
    timer = clock.after(LOOK_MS, () => {
      if (!signal.aborted) void look().then(start);
    });
  };
  return { look, start, [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
};
