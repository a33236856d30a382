/** What a source of discovery is. A source reports; it decides nothing and keeps nothing between scans. */
import type { Ip4 } from '@sidegate/protocol';
import type { Observation, SourceName } from '../../discovery/observation.ts';
import type { ScanScope } from '../../discovery/scopes.ts';

/** Where a source puts what it sees, as it sees it. */
export interface DiscoverySink {
  /** Time, scope and source are added. */
  observe(observation: Omit<Observation, 'source' | 'at' | 'scopeId'>): void;
  /** Share of this source's work that is done, 0 to 1, and how long the rest takes where the source knows. */
  progress(fraction: number, remainingMs?: number): void;
  /** Something was missing or failed: the scan is partial, and says so in this sentence. */
  notice(sentence: string): void;
  /** Addresses that were seen alive by any source, once each; ends when no source looks for more. */
  readonly addresses: AsyncIterable<Ip4>;
}

/** One way of finding or examining devices. */
export interface DiscoverySource {
  readonly name: SourceName;
  /** What a person reads while it is at work. */
  readonly phase: string;
  /** `find` sources look for devices, `examine` sources look closer at those found. */
  readonly role: 'find' | 'examine';
  /** Its share of the whole scan's work, for the progress. */
  readonly weight: number;
  /** Ends when the scope was looked at, or throws; stops at once when the signal aborts. */
  scan(scope: ScanScope, sink: DiscoverySink, signal: AbortSignal): Promise<void>;
}
