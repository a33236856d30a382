/** One scan while it runs and after: what is known of it, told as it changes, but no faster than anybody can read. */
import { type Clock, newId } from '@sidegate/kit';
import type { Scan, ScanId, ScopeId } from '@sidegate/protocol';
import type { ScanScope } from '../../discovery/scopes.ts';
import type { UnfinishedScan } from './unfinished-scans.ts';

const TICK_MS = 150;
const MOST_NOTICES = 10;

/** What a run works with. */
export interface ScanRunDeps {
  readonly clock: Clock;
  readonly onChange: (scan: Scan) => void;
}

/** See the top of this file. After its end nothing changes it. */
export class ScanRun {
  readonly controller = new AbortController();
  /** Found so far. */
  readonly hosts: Set<string>;
  readonly isResumed: boolean;
  /** Ended by the agent's own end: to be gone on with. */
  isInterrupted = false;
  readonly #deps: ScanRunDeps;
  readonly #progress = new Map<ScopeId, number>();
  readonly #remainingMs = new Map<ScopeId, number | undefined>();
  readonly #swept: Map<ScopeId, number>;
  #scan: Scan;
  #tick: Disposable | undefined;

  constructor(deps: ScanRunDeps, scopes: readonly ScanScope[], resumed?: UnfinishedScan) {
    this.#deps = deps;
    this.hosts = new Set(resumed?.hosts);
    this.isResumed = resumed !== undefined;
    this.#swept = new Map(scopes.map(({ id, resumeAt }) => [id, resumeAt ?? 0]));
    this.#scan = {
      id: newId<ScanId>('s'),
      scopeIds: scopes.map(({ id }) => id),
      state: 'running',
      progress: 0,
      phase: 'Starting',
      hostsFound: 0,
      startedAt: resumed?.startedAt ?? deps.clock.wallMs(),
      notices: [],
    };
  }

  get scan(): Scan {
    return this.#scan;
  }

  get isRunning(): boolean {
    return this.#scan.state === 'running';
  }

  /** What the next agent needs to go on; `undefined`: there is nothing to go on with. */
  get unfinished(): UnfinishedScan | undefined {
    if (!this.isRunning && !this.isInterrupted) return undefined;
    return {
      startedAt: this.#scan.startedAt,
      scopes: [...this.#swept].map(([id, swept]) => ({ id, swept })),
      hosts: [...this.hosts],
    };
  }

  noteSwept(scopeId: ScopeId, share: number): void {
    this.#swept.set(scopeId, Math.max(share, this.#swept.get(scopeId) ?? 0));
  }

  noteProgress(scopeId: ScopeId, share: number, phase: string, remainingMs: number | undefined): void {
    this.#progress.set(scopeId, share);
    this.#remainingMs.set(scopeId, remainingMs);
    const sum = [...this.#progress.values()].reduce((total, one) => total + one, 0);
    // Done is said by `state`, after the last write: never 1 before.
    const progress = Math.min(0.99, sum / this.#scan.scopeIds.length);
    const rests = this.#scan.scopeIds.map((id) => this.#remainingMs.get(id));
    const isKnown = rests.every((rest) => rest !== undefined);
    const { remainingSec: _old, ...scan } = this.#scan;
    this.#update({
      ...scan,
      progress,
      phase,
      hostsFound: this.hosts.size,
      ...(isKnown ? { remainingSec: Math.ceil(Math.max(...rests) / 1_000) } : {}),
    });
  }

  addNotice(sentence: string): void {
    const { notices } = this.#scan;
    if (notices.includes(sentence) || notices.length >= MOST_NOTICES) return;
    this.#update({ ...this.#scan, notices: [...notices, sentence] });
  }

  /** Once: a later end is none. */
  end(state: Exclude<Scan['state'], 'running'>): void {
    if (!this.isRunning) return;
    this.#tick?.[Symbol.dispose]();
    const { remainingSec: _none, ...scan } = this.#scan;
    this.#scan = {
      ...scan,
      state,
      progress: state === 'cancelled' ? scan.progress : 1,
      phase: '',
      hostsFound: this.hosts.size,
      endedAt: this.#deps.clock.wallMs(),
    };
    this.#deps.onChange(this.#scan);
  }

  #update(scan: Scan): void {
    if (!this.isRunning) return;
    this.#scan = scan;
    this.#tick ??= this.#deps.clock.after(TICK_MS, () => {
      this.#tick = undefined;
      this.#deps.onChange(this.#scan);
    });
  }
}
