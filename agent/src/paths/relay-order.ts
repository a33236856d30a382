/** The relays that answer us, the nearest first. Pure. */
import type { PublicKey } from '@sidegate/protocol';

/** Round trips this far apart are alike: the order must not follow every breath of the network. */
const ALIKE_MS = 5;
/** How much of a round trip has to change before it is believed. */
const CHANGE_MIN = 0.2;
/** For how long another order has to be the better one. */
export const ORDER_HELD_MS = 4_000;

/** One relay as it was measured. */
export interface RelayReach {
  readonly publicKey: PublicKey;
  /** The account's own, which is there for this; not the broker. */
  readonly isPrivate: boolean;
  /** `undefined`: it does not answer. */
  readonly rttMs: number | undefined;
}

/** The round trip to go by after another measurement. */
export const settleRtt = (settledMs: number | undefined, measuredMs: number): number =>
  settledMs === undefined ||
  Math.abs(measuredMs - settledMs) > Math.max(ALIKE_MS, CHANGE_MIN * Math.max(measuredMs, settledMs))
    ? measuredMs
    : settledMs;

/** Nearest first, where the broker has to be clearly nearer than the account's own; of equals by key. */
export const orderRelays = (reaches: readonly RelayReach[]): readonly PublicKey[] => {
  const classOf = ({ rttMs, isPrivate }: RelayReach): number =>
    Math.floor((rttMs ?? 0) / ALIKE_MS) + (isPrivate ? 0 : 1);
  return reaches
    .filter(({ rttMs }) => rttMs !== undefined)
    .sort(
      (one, other) =>
        classOf(one) - classOf(other) ||
        Number(other.isPrivate) - Number(one.isPrivate) ||
        (one.publicKey < other.publicKey ? -1 : 1),
    )
    .map(({ publicKey }) => publicKey);
};

/** The order that was settled, and the one that would take its place. */
export interface SettledOrder {
  readonly order: readonly PublicKey[];
  readonly wanted: readonly PublicKey[];
  readonly wantedSinceMs: number;
}

/**
 * The order to go by: a move costs each pair a handshake, so another order has to be the better one for a while. Who
 * fell silent is out at once, and who is new comes last until then.
 */
export const settleOrder = (
  { order, wanted, wantedSinceMs }: SettledOrder,
  nextWanted: readonly PublicKey[],
  nowMs: number,
): SettledOrder => {
  const sinceMs = nextWanted.join() === wanted.join() ? wantedSinceMs : nowMs;
  const left = order.filter((key) => nextWanted.includes(key));
  const isProven = left.length === 0 || nowMs - sinceMs >= ORDER_HELD_MS;
  const kept = [...left, ...nextWanted.filter((key) => !left.includes(key))];
  return { order: isProven ? nextWanted : kept, wanted: nextWanted, wantedSinceMs: sinceMs };
};

/** One end of a pair. */
export interface RelayUser {
  readonly publicKey: PublicKey;
  /** Relays that answer it, the nearest first. */
  readonly relays?: readonly PublicKey[];
}

/**
 * The relay of a pair, the same seen from both ends: the first of the controller's (the smaller key's) that the other
 * end reaches too. `undefined` where they have none in common, and the broker has to do.
 */
export const commonRelay = (one: RelayUser, other: RelayUser): PublicKey | undefined => {
  const [controller, follower] = one.publicKey < other.publicKey ? [one, other] : [other, one];
  return controller.relays?.find((key) => follower.relays?.includes(key));
};
