/** Takes orders for scans: one per scope at once, cancelled at once, the last few remembered. */
import { type Clock, describeError, type Logger, newId } from '@sidegate/kit';
import type { NewScan, Scan, ScanId, ScopeId } from '@sidegate/protocol';
import type { ScanScope } from '../../discovery/scopes.ts';
import { AgentError } from '../../errors.ts';
import type { HostKeeper } from './host-keeper.ts';
import { runScan } from './run-scan.ts';
import type { ScopeKeeper } from './scope-keeper.ts';
import type { DiscoverySource } from './source.ts';

const REMEMBERED = 20;
const TICK_MS = 150;

/** What the desk works with. */
export interface ScanDeskDeps {
  readonly sources: readonly DiscoverySource[];
  readonly keeper: HostKeeper;
  readonly scopes: ScopeKeeper;
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
  tick?: Disposable | undefined;
}

/** See the top of this file. */
export class ScanDesk {
  readonly #deps: ScanDeskDeps;
  readonly #runs = new Map<ScanId, Running>();

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
        startedAt: clock.wallMs(),
        notices: [],
      },
      controller,
      hosts: new Set(),
      progress: new Map(),
    };
    this.#remember(run);
    const stop = () => this.#cancel(run);
    signal.addEventListener('abort', stop, { once: true, signal: controller.signal });
    void this.#work(run, scopes).catch((error: unknown) => log.error('scan', { error }));
    return run.scan;
  }

  /** At once: what still runs is deaf from here on. */
  cancel(id: ScanId): Scan {
    const run = this.#runs.get(id);
    if (run === undefined) throw new AgentError('SCAN_NOT_FOUND', 'There is no such scan');
    this.#cancel(run);
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
        onProgress: (progress, phase) => this.#progress(run, scope.id, progress, phase),
        onNotice: (sentence) => this.#notice(run, sentence),
      },
      run.controller.signal,
    );
    const isWhole = failed.size === 0 && run.scan.notices.length === noticesBefore;
    if (isWhole)
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
    this.#update(run, { progress: overall, phase, hostsFound: run.hosts.size });
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
    run.scan = {
      ...run.scan,
      state,
      progress: state === 'cancelled' ? run.scan.progress : 1,
      phase: '',
      hostsFound: run.hosts.size,
      endedAt: clock.wallMs(),
    };
    onChange(run.scan);
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
