/**
 * How much each publication is used: read from the kernel's counters, but only while somebody looks. Looking is asking
 * for the list; each question keeps the reading going for a while. Totals live in the runtime area: they survive the
 * agent, not the machine.
 */
import type { Clock, Logger } from '@sidegate/kit';
import {
  accumulateUsage,
  NO_USAGE,
  type Usage,
  type UsageRecord,
} from '../../forwarding/access/accumulate-counters.ts';
import { connectionsCounter, trafficCounter } from '../../forwarding/rules/publication-words.ts';
import type { Files, Firewall } from '../../ports/index.ts';

const INTERVAL_MS = 3_000;
const FRESH_MS = 1_000;
/** A page that is open asks again within this time. */
const LOOK_MS = 30_000;
const FILE = 'forward-usage.json';

/** Totals, and who makes them be read. */
export interface UsageWatch {
  usageOf(id: string): Usage;
  /** Somebody looks: reads now unless just done, and goes on for a while. */
  look(): Promise<void>;
  /** Reads now: before the table is replaced, which zeroes the counters. */
  read(): Promise<void>;
  load(): Promise<void>;
  stop(): Promise<void>;
}

/** What the watch reads, and whom it tells. */
export interface UsageWatchDeps {
  readonly firewall: Firewall;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Ids there are now. */
  readonly ids: () => readonly string[];
  readonly onChange: (changed: readonly string[]) => void;
}

const parseTotals = (text: string | undefined): ReadonlyMap<string, UsageRecord> => {
  try {
    const entries = Object.entries(JSON.parse(text ?? '{}') as Record<string, UsageRecord>);
    return new Map(entries.filter(([, record]) => Number.isFinite(record.total.bytes)));
  } catch {
    return new Map();
  }
};

/** Nothing is read before somebody looks. */
export const createUsageWatch = (deps: UsageWatchDeps): UsageWatch => {
  const { firewall, files, clock, log, signal, ids, onChange } = deps;
  let records: ReadonlyMap<string, UsageRecord> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let lookUntil = Number.NEGATIVE_INFINITY;
  let timer: Disposable | undefined;

  const read = async () => {
    const counters = await firewall.readCounters(signal);
    readAt = clock.monoMs();
    const next = new Map<string, UsageRecord>();
    const changed: string[] = [];
    for (const id of ids()) {
      const before = records.get(id);
      const reading = {
        connections: counters.get(connectionsCounter(id))?.packets ?? 0,
        bytes: counters.get(trafficCounter(id))?.bytes ?? 0,
      };
      const record = accumulateUsage(before, reading);
      next.set(id, record);
      if (record.total.bytes !== (before?.total.bytes ?? 0)) changed.push(id);
      else if (record.total.connections !== (before?.total.connections ?? 0)) changed.push(id);
    }
    records = next;
    if (changed.length > 0) onChange(changed);
  };
  const readSafely = () => read().catch((error: unknown) => log.debug('read counters', { error }));
  const again = () => {
    timer = clock.after(INTERVAL_MS, () => {
      timer = undefined;
      if (signal.aborted || clock.monoMs() > lookUntil) return;
      void readSafely().then(again);
    });
  };
  return {
    usageOf: (id) => records.get(id)?.total ?? NO_USAGE,
    read: readSafely,
    async look() {
      lookUntil = clock.monoMs() + LOOK_MS;
      if (clock.monoMs() - readAt > FRESH_MS) await readSafely();
      if (timer === undefined && !signal.aborted) again();
    },
    async load() {
      records = parseTotals(await files.readText('runtime', FILE));
    },
    async stop() {
      timer?.[Symbol.dispose]();
      if (records.size > 0)
        await files.writeText('runtime', FILE, JSON.stringify(Object.fromEntries(records)));
    },
  };
};
