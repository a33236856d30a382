/** One scan of one scope: all finders at once, the examiners beside them, one progress over all. */
import { type Clock, describeError } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import type { Observation } from '../../discovery/observation.ts';
import type { ScanScope } from '../../discovery/scopes.ts';
import { AgentError } from '../../errors.ts';
import { createAddressFeed } from './address-feed.ts';
import { createEstimate } from './estimate-remaining.ts';
import type { DiscoverySink, DiscoverySource } from './source.ts';

/** Sources, and where their reports go. */
export interface ScanDeps {
  readonly sources: readonly DiscoverySource[];
  readonly clock: Clock;
  readonly observe: (observation: Observation) => void;
  /** 0 to 1, never going back; how long the rest takes, where anybody can tell. */
  readonly onProgress: (progress: number, phase: string, remainingMs: number | undefined) => void;
  readonly onNotice: (sentence: string) => void;
  /** The share of addresses that were asked whether anybody is there. */
  readonly onSwept: (share: number) => void;
}

/** What a scan that was not cancelled amounted to. */
export interface ScanOutcome {
  /** Sources that ran to their end. */
  readonly completed: ReadonlySet<DiscoverySource['name']>;
  readonly failed: ReadonlySet<DiscoverySource['name']>;
}

/**
 * The share of work done over all sources, and what is being done. An examiner's share counts as far as the finders
 * have come: until then nobody knows how much there is to examine.
 */
const createMeter = (
  sources: readonly DiscoverySource[],
  clock: Clock,
  onProgress: ScanDeps['onProgress'],
) => {
  const estimate = createEstimate(sources, clock.monoMs());
  const shares = new Map(sources.map((source) => [source, 0]));
  const finders = sources.filter(({ role }) => role === 'find');
  const weigh = (some: readonly DiscoverySource[]) =>
    some.reduce((sum, source) => sum + source.weight * (shares.get(source) ?? 0), 0);
  const total = (some: readonly DiscoverySource[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  const phase = () =>
    [...shares]
      .filter(([, share]) => share < 1)
      .sort(
        ([one], [other]) =>
          Number(other.role === 'find') - Number(one.role === 'find') || other.weight - one.weight,
      )[0]?.[0].phase ?? 'Finishing';
  let shown = 0;
  return (source: DiscoverySource, fraction: number, remainingMs?: number) => {
    estimate.note(source, fraction, remainingMs, clock.monoMs());
    shares.set(source, Math.max(shares.get(source) ?? 0, Math.min(1, fraction)));
    const found = finders.length === 0 ? 1 : weigh(finders) / total(finders);
    const examined = weigh(sources.filter(({ role }) => role === 'examine')) * found;
    shown = Math.max(shown, Math.min(1, (weigh(finders) + examined) / total(sources)));
    onProgress(shown, phase(), estimate.remainingMs(clock.monoMs()));
  };
};

const sayWhy = (source: DiscoverySource, error: unknown): string => {
  const why = error instanceof AgentError ? (error.details.stderr ?? error.message) : describeError(error);
  return `${source.phase}: ${String(why).split('\n')[0]}`.slice(0, 200);
};

/** Rejects with the signal's reason when cancelled; failures of sources are notices and outcome. */
export const runScan = async (
  scope: ScanScope,
  deps: ScanDeps,
  signal: AbortSignal,
): Promise<ScanOutcome> => {
  const { sources, clock, observe, onNotice } = deps;
  const feed = createAddressFeed();
  const meter = createMeter(sources, clock, deps.onProgress);
  const completed = new Set<DiscoverySource['name']>();
  const failed = new Set<DiscoverySource['name']>();

  const sinkOf = (source: DiscoverySource): DiscoverySink => ({
    addresses: feed,
    observe(observation) {
      // What comes late from a cancelled scan is of no use, and our own address is no find.
      if (signal.aborted || observation.address === scope.ownAddress) return;
      observe({ ...observation, source: source.name, scopeId: scope.id, at: clock.wallMs() });
      if (observation.isSighting !== false && observation.address !== undefined)
        feed.add(observation.address as Ip4);
    },
    progress(fraction, remainingMs) {
      if (source.name === 'arp') deps.onSwept(fraction);
      meter(source, fraction, remainingMs);
    },
    notice: onNotice,
  });
  const runSource = async (source: DiscoverySource) => {
    try {
      await source.scan(scope, sinkOf(source), signal);
      completed.add(source.name);
    } catch (error) {
      if (signal.aborted) return;
      failed.add(source.name);
      onNotice(sayWhy(source, error));
    }
    meter(source, 1);
  };
  const find = Promise.all(sources.filter(({ role }) => role === 'find').map(runSource)).finally(() =>
    feed.close(),
  );
  await Promise.all([find, ...sources.filter(({ role }) => role === 'examine').map(runSource)]);
  signal.throwIfAborted();
  return { completed, failed };
};
