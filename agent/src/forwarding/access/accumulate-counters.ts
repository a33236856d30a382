/** Totals over counters that start again from zero whenever the table is replaced. */

/** What a person sees of a forward's use. */
export interface Usage {
  readonly connections: number;
  readonly bytes: number;
}
/** Totals, and the readings they were made from. */
export interface UsageRecord {
  readonly total: Usage;
  readonly reading: Usage;
}

/** Before the first reading. */
export const NO_USAGE: Usage = { connections: 0, bytes: 0 };

const grow = (total: number, before: number, now: number): number =>
  // Less than before: the counter was made anew, and all it shows is new.
  total + (now >= before ? now - before : now);

/** Adds a new reading to the totals. */
export const accumulateUsage = (record: UsageRecord | undefined, reading: Usage): UsageRecord => {
  const { total, reading: before } = record ?? { total: NO_USAGE, reading: NO_USAGE };
  return {
    total: {
      connections: grow(total.connections, before.connections, reading.connections),
      bytes: grow(total.bytes, before.bytes, reading.bytes),
    },
    reading,
  };
};
