/**
 * Takes orders for scans: one per scope at once, cancelled at once, the last few remembered. What runs when the agent
 * is stopped or dies is noted in the runtime area, and goes on with the next one.
 */
import { type Clock, createSingleFlight, describeError, isIp4, type Logger } from '@sidegate/kit';
import type { NewScan, Scan, ScanId, ScopeId } from '@sidegate/protocol';
import type { ScanScope } from '../../discovery/scopes.ts';
import { AgentError } from '../../errors.ts';
import type { Files } from '../../ports/index.ts';
import type { HostKeeper } from './host-keeper.ts';
import { runScan } from './run-scan.ts';
import { ScanRun } from './scan-run.ts';
import type { ScopeKeeper } from './scope-keeper.ts';
import type { DiscoverySource } from './source.ts';
import {
  parseUnfinished,
  renderUnfinished,
  UNFINISHED_FILE,
  type UnfinishedScan,
} from './unfinished-scans.ts';

const REMEMBERED = 20;
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
  /** Before the first packet: the vendor table, for one. What is missing is said, and misses nobody. */
  readonly prepare: () => Promise<string | undefined>;
}

/** See the top of this file. */
export class ScanDesk {
  readonly #deps: ScanDeskDeps;
  readonly #runs = new Map<ScanId, ScanRun>();
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

  /** At once: what still runs is deaf from here on. */
  cancel(id: ScanId): Scan {
    const run = this.#runs.get(id);
    if (run === undefined) throw new AgentError('SCAN_NOT_FOUND', 'There is no such scan');
    this.#cancel(run);
    void this.#keep.request();
    return run.scan;
  }

  /** After the last scan was told to end: what it leaves is on disk. */
  async stop(): Promise<void> {
    this.#keepTimer?.[Symbol.dispose]();
    await this.#keep.idle();
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

  #begin(scopes: readonly ScanScope[], resumed?: UnfinishedScan): Scan {
    const { signal, log } = this.#deps;
    const run = new ScanRun(this.#deps, scopes, resumed);
    this.#remember(run);
    const stop = () => {
      run.isInterrupted = run.isRunning;
      this.#cancel(run);
      void this.#keep.request();
    };
    this.#keepSoon();
    signal.addEventListener('abort', stop, { once: true, signal: run.controller.signal });
    void this.#work(run, scopes).catch((error: unknown) => log.error('scan', { error }));
    return run.scan;
  }

  async #work(run: ScanRun, scopes: readonly ScanScope[]): Promise<void> {
    const { prepare, keeper } = this.#deps;
    const lack = await prepare();
    const results = await Promise.all(
      scopes.map((scope) =>
        this.#scanScope(run, scope).catch((error: unknown) => {
          if (!run.controller.signal.aborted) run.addNotice(describeError(error));
          return false;
        }),
      ),
    );
    if (!run.isRunning) return;
    const isFailed = run.hosts.size === 0 && results.every((isWhole) => !isWhole);
    if (lack !== undefined) run.addNotice(lack);
    this.#end(run, isFailed ? 'failed' : results.includes(false) ? 'partial' : 'done');
    await this.#keep.request();
    await keeper.save();
  }

  /** True: nothing was missed. */
  async #scanScope(run: ScanRun, scope: ScanScope): Promise<boolean> {
    const { clock, keeper, sources, scopes } = this.#deps;
    const startedAt = clock.wallMs();
    const known = keeper.book.list().flatMap((host) => (host.scopeId === scope.id ? host.addresses : []));
    let isWhole = true;
    const { completed } = await runScan(
      { ...scope, known: known.filter(isIp4) },
      {
        sources,
        clock,
        observe: (observation) => {
          keeper.note(keeper.book.observe(observation));
          const host =
            observation.address === undefined ? undefined : keeper.book.atAddress(observation.address);
          if (host !== undefined && observation.isSighting !== false) run.hosts.add(host.id);
        },
        onProgress: (share, phase, remainingMs) => run.noteProgress(scope.id, share, phase, remainingMs),
        onSwept: (share) => run.noteSwept(scope.id, share),
        onNotice: (sentence) => {
          isWhole = false;
          run.addNotice(sentence);
        },
      },
      run.controller.signal,
    );
    // Of what was seen before a restart only the host is remembered, not each address and service.
    if (isWhole && !run.isResumed) {
      const sawServices = completed.has('services');
      keeper.note(keeper.book.endScan({ scopeId: scope.id, startedAt, sawServices }));
    }
    scopes.noteScan(scope.id, clock.wallMs());
    return isWhole;
  }

  #cancel(run: ScanRun): void {
    if (!run.isRunning) return;
    this.#end(run, 'cancelled');
    run.controller.abort(new Error('the scan was cancelled'));
  }

  /** Hosts first: who reads that the scan is over finds all of them. */
  #end(run: ScanRun, state: 'done' | 'partial' | 'cancelled' | 'failed'): void {
    this.#deps.keeper.flush();
    run.end(state);
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
    const unfinished = [...this.#runs.values()].flatMap((run) => run.unfinished ?? []);
    try {
      // Hosts first: what counts as asked must be in their file.
      if (unfinished.length > 0) await keeper.save();
      await files.writeText('runtime', UNFINISHED_FILE, renderUnfinished(unfinished));
    } catch (error) {
      log.warn('keep unfinished scans', { error, path: 'runtime' });
    }
  }

  #remember(run: ScanRun): void {
    this.#runs.set(run.scan.id, run);
    for (const [id, { isRunning }] of this.#runs) {
      if (this.#runs.size <= REMEMBERED) break;
      if (!isRunning) this.#runs.delete(id);
    }
    this.#deps.onChange(run.scan);
  }
}
