/**
 * Takes orders for scans: one per scope at once, cancelled at once, the last few remembered. What runs when the agent
 * is stopped or dies is noted in the runtime area, and goes on with the next one.
 */
import { type Clock, createSingleFlight, describeError, type Logger, newId } from '@sidegate/kit';
import type { NewScan, Scan, ScanId, ScopeId } from '@sidegate/protocol';
import type { ScanScope } from '../../discovery/scopes.ts';
import { AgentError } from '../../errors.ts';
import type { Files } from '../../ports/index.ts';
import type { HostKeeper } from './host-keeper.ts';
import { runScan } from './run-scan.ts';
import type { ScopeKeeper } from './scope-keeper.ts';
import type { DiscoverySource } from './source.ts';
import {
  parseUnfinished,
  renderUnfinished,
  UNFINISHED_FILE,
  type UnfinishedScan,
} from './unfinished-scans.ts';

const REMEMBERED = 20;
const TICK_MS = 150;
/** What a crash may cost of a long scan. */
const KEEP_MS = 10_000;
/** What was found longer ago than this is asked again. */
const RESUME_WITHIN_MS = 2 * 3_600_000;

/** What the desk works with. */
export interface ScanDeskDeps {
  readonly sources: readonly DiscoverySource[];
  readonly keeper: HostKeeper;
  readonly scopes: ScopeKeeper;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onChange: (scan: Scan) => void;
  /** Before the first packet: the vendor table, for one. */
  readonly prepare: () => Promise<void>;
}

interface Running {
  scan: Scan;
  readonly controller: AbortController;
  readonly hosts: Set<string>;
  readonly progress: Map<ScopeId, number>;
  readonly remainingMs: Map<ScopeId, number | undefined>;
  readonly swept: Map<ScopeId, number>;
  readonly isResumed: boolean;
  /** Ended by the agent's own end: to be gone on with. */
  isInterrupted: boolean;
  tick?: Disposable | undefined;
}

/** See the top of this file. */
export class ScanDesk {
  readonly #deps: ScanDeskDeps;
  readonly #runs = new Map<ScanId, Running>();
  readonly #keep = createSingleFlight(() => this.#keepUnfinished());
  #keepTimer: Disposable | undefined;

  constructor(deps: ScanDeskDeps) {
    this.#deps = deps;
  }

  /** Newest first. */
  list(): readonly Scan[] {
    return [...this.#runs.values()].map(({ scan }) => scan).reverse();
  }

  isScanning(id: ScopeId): boolean {
    return this.list().some(({ state, scopeIds }) => state === 'running' && scopeIds.includes(id));
  }

  /** Begins; the scan goes on after the answer. */
  start({ scopeId }: NewScan): Scan {
    const scopes = this.#scopesOf(scopeId);
    const busy = scopes.find(({ id }) => this.isScanning(id));
    if (busy !== undefined) {
      throw new AgentError('SCAN_RUNNING', `${busy.cidr} is being scanned already`, {
        details: { scopeId: busy.id },
      });
    }
    return this.#begin(scopes);
  }

  /** Goes on with what the agent before this one did not finish. */
  async resume(): Promise<void> {
    const { files, scopes, clock } = this.#deps;
    for (const one of parseUnfinished(await files.readText('runtime', UNFINISHED_FILE))) {
      const ageMs = clock.wallMs() - one.startedAt;
      const found = one.scopes.flatMap(({ id, swept }) => {
        const scope = this.isScanning(id) ? undefined : scopes.find(id);
        return scope === undefined ? [] : [{ ...scope, resumeAt: swept }];
      });
      if (ageMs >= 0 && ageMs < RESUME_WITHIN_MS && found.length > 0) this.#begin(found, one);
    }
    void this.#keep.request();
  }

  /** After the last scan was told to end: what it leaves is on disk. */
  async stop(): Promise<void> {
    this.#keepTimer?.[Symbol.dispose]();
    await this.#keep.idle();
  }

  #begin(scopes: readonly ScanScope[], resumed?: UnfinishedScan): Scan {
    const { clock, signal, log } = this.#deps;
    const controller = new AbortController();
    const run: Running = {
      scan: {
        id: newId<ScanId>('s'),
        scopeIds: scopes.map(({ id }) => id),
        state: 'running',
        progress: 0,
        phase: 'Starting',
        hostsFound: 0,
        startedAt: resumed?.startedAt ?? clock.wallMs(),
        notices: [],
      },
      controller,
      hosts: new Set(resumed?.hosts),
      progress: new Map(),
      remainingMs: new Map(),
      swept: new Map(scopes.map(({ id, resumeAt }) => [id, resumeAt ?? 0])),
      isResumed: resumed !== undefined,
      isInterrupted: false,
    };
    this.#remember(run);
    const stop = () => {
      run.isInterrupted = run.scan.state === 'running';
      this.#cancel(run);
      void this.#keep.request();
    };
    this.#keepSoon();
    signal.addEventListener('abort', stop, { once: true, signal: controller.signal });
    void this.#work(run, scopes).catch((error: unknown) => log.error('scan', { error }));
    return run.scan;
  }

  /** At once: what still runs is deaf from here on. */
  cancel(id: ScanId): Scan {
    const run = this.#runs.get(id);
    if (run === undefined) throw new AgentError('SCAN_NOT_FOUND', 'There is no such scan');
    this.#cancel(run);
    void this.#keep.request();
    return run.scan;
  }

  #scopesOf(scopeId: ScopeId | undefined): readonly ScanScope[] {
    const { scopes } = this.#deps;
    if (scopeId !== undefined) {
      const scope = scopes.find(scopeId);
      if (scope === undefined)
        throw new AgentError('SCOPE_NOT_FOUND', 'There is no such scope', { field: 'scopeId' });
      return [scope];
    }
    const attached = scopes.attached();
    if (attached.length === 0) throw new AgentError('SCOPE_NONE', 'This edge has no private network to scan');
    return attached;
  }

  async #work(run: Running, scopes: readonly ScanScope[]): Promise<void> {
    await this.#deps.prepare();
    const results = await Promise.all(
      scopes.map((scope) =>
        this.#scanScope(run, scope).catch((error: unknown) => {
          if (!run.controller.signal.aborted) this.#notice(run, describeError(error));
          return false;
        }),
      ),
    );
    if (run.scan.state !== 'running') return;
    const isFailed =
      run.hosts.size === 0 && results.every((isWhole) => !isWhole) && run.scan.notices.length > 0;
    this.#end(run, isFailed ? 'failed' : run.scan.notices.length > 0 ? 'partial' : 'done');
    await this.#keep.request();
    await this.#deps.keeper.save();
  }

  /** True: nothing was missed. */
  async #scanScope(run: Running, scope: ScanScope): Promise<boolean> {
    const { clock, keeper, sources, scopes } = this.#deps;
    const startedAt = clock.wallMs();
    const noticesBefore = run.scan.notices.length;
    const { completed, failed } = await runScan(
      scope,
      {
        sources,
        clock,
        observe: (observation) => {
          const change = keeper.book.observe(observation);
          keeper.note(change);
          const host =
            observation.address === undefined ? undefined : keeper.book.atAddress(observation.address);
          if (host !== undefined && observation.isSighting !== false) run.hosts.add(host.id);
        },
        onProgress: (progress, phase, remainingMs) => {
          run.remainingMs.set(scope.id, remainingMs);
          this.#progress(run, scope.id, progress, phase);
        },
        onSwept: (share) => run.swept.set(scope.id, Math.max(share, run.swept.get(scope.id) ?? 0)),
        onNotice: (sentence) => this.#notice(run, sentence),
      },
      run.controller.signal,
    );
    const isWhole = failed.size === 0 && run.scan.notices.length === noticesBefore;
    // Of what was seen before a restart only the host is remembered, not each address and service.
    if (isWhole && !run.isResumed)
      keeper.note(
        keeper.book.endScan({ scopeId: scope.id, startedAt, sawServices: completed.has('services') }),
      );
    scopes.noteScan(scope.id, clock.wallMs());
    return isWhole;
  }

  #progress(run: Running, scopeId: ScopeId, progress: number, phase: string): void {
    run.progress.set(scopeId, progress);
    const sum = [...run.progress.values()].reduce((total, one) => total + one, 0);
    // Done is said by `state`, after the last write: never 1 before.
    const overall = Math.min(0.99, sum / run.scan.scopeIds.length);
    const { remainingSec: _old, ...scan } = run.scan;
    run.scan = scan;
    const rests = run.scan.scopeIds.map((id) => run.remainingMs.get(id));
    const isKnown = rests.every((rest) => rest !== undefined);
    const remainingSec = isKnown ? { remainingSec: Math.ceil(Math.max(...rests) / 1_000) } : {};
    this.#update(run, { progress: overall, phase, hostsFound: run.hosts.size, ...remainingSec });
  }

  #notice(run: Running, sentence: string): void {
    if (run.scan.notices.includes(sentence) || run.scan.notices.length >= 10) return;
    this.#update(run, { notices: [...run.scan.notices, sentence] });
  }

  #update(run: Running, patch: Partial<Scan>): void {
    if (run.scan.state !== 'running') return;
    run.scan = { ...run.scan, ...patch };
    run.tick ??= this.#deps.clock.after(TICK_MS, () => {
      run.tick = undefined;
      this.#deps.onChange(run.scan);
    });
  }

  #cancel(run: Running): void {
    if (run.scan.state !== 'running') return;
    this.#end(run, 'cancelled');
    run.controller.abort(new Error('the scan was cancelled'));
  }

  #end(run: Running, state: Scan['state']): void {
    run.tick?.[Symbol.dispose]();
    const { clock, keeper, onChange } = this.#deps;
    keeper.flush();
    const { remainingSec: _none, ...scan } = run.scan;
    run.scan = {
      ...scan,
      state,
      progress: state === 'cancelled' ? run.scan.progress : 1,
      phase: '',
      hostsFound: run.hosts.size,
      endedAt: clock.wallMs(),
    };
    onChange(run.scan);
  }

  #keepSoon(): void {
    if (this.#keepTimer !== undefined) return;
    this.#keepTimer = this.#deps.clock.after(KEEP_MS, () => {
      this.#keepTimer = undefined;
      void this.#keep.request();
      if (this.list().some(({ state }) => state === 'running')) this.#keepSoon();
    });
  }

  async #keepUnfinished(): Promise<void> {
    const { files, keeper, log } = this.#deps;
    const unfinished = [...this.#runs.values()]
      .filter(({ scan, isInterrupted }) => scan.state === 'running' || isInterrupted)
      .map(
        ({ scan, swept, hosts }): UnfinishedScan => ({
          startedAt: scan.startedAt,
          scopes: [...swept].map(([id, share]) => ({ id, swept: share })),
          hosts: [...hosts],
        }),
      );
    try {
      // Hosts first: what counts as asked must be in their file.
      if (unfinished.length > 0) await keeper.save();
      await files.writeText('runtime', UNFINISHED_FILE, renderUnfinished(unfinished));
    } catch (error) {
      log.warn('keep unfinished scans', { error, path: 'runtime' });
    }
  }

  #remember(run: Running): void {
    this.#runs.set(run.scan.id, run);
    for (const [id, { scan }] of this.#runs) {
      if (this.#runs.size <= REMEMBERED) break;
      if (scan.state !== 'running') this.#runs.delete(id);
    }
    this.#deps.onChange(run.scan);
  }
}
