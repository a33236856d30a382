/**
 * The book of hosts, and everybody who wants to know: fact, events, files. Hosts live in the runtime area; what
 * people named or published is written to the state area at once, everything else there only rarely, because flash
 * wears out.
 */
import { type Clock, createSingleFlight, type Logger } from '@sidegate/kit';
import { Host, type HostChanges, type HostId } from '@sidegate/protocol';
import * as v from 'valibot';
import { type BookChange, createHostBook, type HostBook } from '../../discovery/host-book.ts';
import { changesSince } from '../../discovery/host-history.ts';
import type { VendorLookup } from '../../discovery/vendor-table.ts';
import type { EdgeEventMap } from '../../plugin-api/index.ts';
import type { Files } from '../../ports/index.ts';

const FILE = 'hosts.json';
const VISIT_FILE = 'visit.json';
const VisitFile = v.strictObject({ version: v.literal(1), at: v.number() });
/** A scan of sixty hosts makes hundreds of changes: they go out together, soon enough to look immediate. */
const FLUSH_MS = 40;
const SAVE_RUNTIME_MS = 60_000;
const SAVE_STATE_MS = 12 * 3_600_000;

/** What the keeper tells, and where it writes. */
export interface HostKeeperDeps {
  readonly vendorOf: VendorLookup;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publish: (hosts: readonly Host[]) => void;
  readonly emit: <K extends 'host.changed' | 'host.removed'>(event: K, data: EdgeEventMap[K]) => void;
}

const HostsFile = v.strictObject({ version: v.literal(1), hosts: v.array(v.unknown()) });

/** Hosts that still have the right shape; a broken file or record is no reason not to start. */
const parseHosts = (text: string | undefined): readonly Host[] => {
  try {
    const file = v.parse(HostsFile, JSON.parse(text ?? ''));
    return file.hosts.flatMap((host) => {
      const result = v.safeParse(Host, host);
      return result.success ? [result.output] : [];
    });
  } catch {
    return [];
  }
};
const parseVisit = (text: string | undefined): number | undefined => {
  try {
    return v.parse(VisitFile, JSON.parse(text ?? '')).at;
  } catch {
    return undefined;
  }
};
const renderHosts = (hosts: readonly Host[]): string => JSON.stringify({ version: 1, hosts });

/** See the top of this file. */
export class HostKeeper {
  readonly book: HostBook;
  readonly #deps: HostKeeperDeps;
  readonly #dirty = new Set<HostId>();
  readonly #removed = new Set<HostId>();
  readonly #saveRuntime = createSingleFlight(() => this.#save('runtime', this.book.list()));
  readonly #saveState = createSingleFlight(() => this.#save('state', this.#durable()));
  #flushTimer: Disposable | undefined;
  #saveTimer: Disposable | undefined;
  #stateSavedAt: number;
  #pinned: ReadonlySet<HostId> = new Set();
  #visitedAt = 0;

  constructor(deps: HostKeeperDeps) {
    this.#deps = deps;
    this.book = createHostBook(deps.vendorOf);
    this.#stateSavedAt = deps.clock.monoMs();
  }

  async load(): Promise<void> {
    const { files } = this.#deps;
    for (const area of ['runtime', 'state'] as const) {
      this.book.restore(parseHosts(await files.readText(area, FILE)));
    }
    this.#visitedAt = parseVisit(await files.readText('state', VISIT_FILE)) ?? 0;
    this.#deps.publish(this.book.list());
  }

  /** What is different since `noteVisit`; since ever, where nobody was here yet. */
  changes(): HostChanges {
    return changesSince(this.book.list(), this.#visitedAt);
  }

  /** Somebody has seen the changes. */
  async noteVisit(): Promise<HostChanges> {
    this.#visitedAt = this.#deps.clock.wallMs();
    await this.#deps.files.writeText(
      'state',
      VISIT_FILE,
      JSON.stringify({ version: 1, at: this.#visitedAt }),
    );
    return this.changes();
  }

  /** Takes what the book says has changed. */
  note({ changed, removed }: BookChange): void {
    if (changed.length === 0 && removed.length === 0) return;
    for (const { id } of changed) this.#dirty.add(id);
    for (const id of removed) this.#removed.add(id);
    this.#flushTimer ??= this.#deps.clock.after(FLUSH_MS, () => this.flush());
    this.#saveTimer ??= this.#deps.clock.after(SAVE_RUNTIME_MS, () => void this.save());
  }

  /** Tells everybody now. */
  flush(): void {
    this.#flushTimer?.[Symbol.dispose]();
    this.#flushTimer = undefined;
    if (this.#dirty.size === 0 && this.#removed.size === 0) return;
    const changed = [...this.#dirty].flatMap((id) => this.book.get(id) ?? []);
    const removed = [...this.#removed];
    this.#dirty.clear();
    this.#removed.clear();
    this.#deps.publish(this.book.list());
    for (const host of changed) this.#deps.emit('host.changed', host);
    for (const id of removed) this.#deps.emit('host.removed', { id });
  }

  /** These hosts are published. */
  setPinned(ids: ReadonlySet<HostId>): void {
    const isSame = ids.size === this.#pinned.size && [...ids].every((id) => this.#pinned.has(id));
    if (isSame) return;
    this.#pinned = ids;
    this.book.setPinned(ids);
    this.saveKept();
  }

  /** What people decided is on disk before anything else happens to it. */
  saveKept(): void {
    void this.#saveState.request();
  }

  /** Writes the runtime file, and now and then the state file with all of it. */
  async save(): Promise<void> {
    this.#saveTimer?.[Symbol.dispose]();
    this.#saveTimer = undefined;
    await this.#saveRuntime.request();
    if (this.#deps.clock.monoMs() - this.#stateSavedAt > SAVE_STATE_MS) await this.#saveState.request();
  }

  async stop(): Promise<void> {
    this.#flushTimer?.[Symbol.dispose]();
    await this.save();
    await this.#saveState.idle();
  }

  /** All hosts when it is time for the rare snapshot, else those that must not be lost. */
  #durable(): readonly Host[] {
    const { clock } = this.#deps;
    const isDue = clock.monoMs() - this.#stateSavedAt > SAVE_STATE_MS;
    if (isDue) this.#stateSavedAt = clock.monoMs();
    return isDue ? this.book.list() : this.book.list().filter((host) => this.book.isKept(host));
  }

  async #save(area: 'runtime' | 'state', hosts: readonly Host[]): Promise<void> {
    const { files, log } = this.#deps;
    await files
      .writeText(area, FILE, renderHosts(hosts))
      .catch((error: unknown) => log.warn('keep the hosts on disk', { error, path: area }));
  }
}
