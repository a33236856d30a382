/**
 * How many packets may go to addresses that others named. Peers and brokers can lie about where they are, again and
 * again: whoever never answered gets a handful for each address, whatever the ports, peers and punches, and all of
 * them together get so many that nobody is scanned or flooded through us. Pure but for what it remembers.
 */
import type { Ip } from '@sidegate/protocol';

/** A lone liar gets this far: about a dozen peers behind one carrier's address try at once with less. */
export const PROBES_PER_ADDRESS = { burst: 256, perSec: 0.5 } as const;
/** To all addresses that never answered: a session is about 40 packets in four seconds. */
export const PROBES_TO_STRANGERS = { burst: 1000, perSec: 50 } as const;
/** Addresses with a bucket that is not full again. */
const ADDRESSES_MAX = 4096;
/** How long an answer makes an address more than a rumour. */
const PROVEN_MS = 600_000;

interface Rate {
  readonly burst: number;
  readonly perSec: number;
}

interface Entry {
  tokens: number;
  filledAtMs: number;
  provenUntilMs: number;
}

/** One line: an IPv4 address, or the /64 that belongs to whoever has one address of it. */
const lineOf = (address: Ip): string => {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const isWhole = tail === undefined;
  return (isWhole ? groups : [...groups, ...Array<string>(4).fill('0')]).slice(0, 4).join(':');
};

const fill = (entry: Entry, { burst, perSec }: Rate, nowMs: number): number => {
  entry.tokens = Math.min(burst, entry.tokens + ((nowMs - entry.filledAtMs) / 1000) * perSec);
  entry.filledAtMs = nowMs;
  return entry.tokens;
};

/** What may still be sent, by monotonic time. */
export interface ProbeBudget {
  /** Takes one packet to there, if there is one left. */
  take(address: Ip, nowMs: number): boolean;
  /** Somebody there answered what only they can have got: it is no third party. */
  noteProven(address: Ip, nowMs: number): void;
}

/** Everybody is a stranger. */
export const createProbeBudget = (startMs: number): ProbeBudget => {
  const all: Entry = { tokens: PROBES_TO_STRANGERS.burst, filledAtMs: startMs, provenUntilMs: 0 };
  const entries = new Map<string, Entry>();
  const sweep = (nowMs: number) => {
    for (const [line, entry] of entries) {
      const isFull = fill(entry, PROBES_PER_ADDRESS, nowMs) >= PROBES_PER_ADDRESS.burst;
      if (isFull && entry.provenUntilMs <= nowMs) entries.delete(line);
    }
  };
  const entryOf = (address: Ip, nowMs: number): Entry | undefined => {
    const line = lineOf(address);
    const known = entries.get(line);
    if (known !== undefined) return known;
    if (entries.size >= ADDRESSES_MAX) sweep(nowMs);
    if (entries.size >= ADDRESSES_MAX) return undefined;
    const entry = { tokens: PROBES_PER_ADDRESS.burst, filledAtMs: nowMs, provenUntilMs: 0 };
    entries.set(line, entry);
    return entry;
  };
  return {
    take(address, nowMs) {
      const entry = entryOf(address, nowMs);
      if (entry === undefined) return false;
      if (entry.provenUntilMs > nowMs) return true;
      if (fill(entry, PROBES_PER_ADDRESS, nowMs) < 1 || fill(all, PROBES_TO_STRANGERS, nowMs) < 1)
        return false;
      entry.tokens -= 1;
      all.tokens -= 1;
      return true;
    },
    noteProven(address, nowMs) {
      const entry = entryOf(address, nowMs);
      if (entry !== undefined) entry.provenUntilMs = nowMs + PROVEN_MS;
    },
  };
};
