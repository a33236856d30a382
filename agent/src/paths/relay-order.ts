/** The relays that answer us, the nearest first. Pure. */
import type { PublicKey } from '@sidegate/protocol';

/** Round trips this far apart are alike: the order must not follow every breath of the network. */
const ALIKE_MS = 5;
/** How much of a round trip has to change before it is believed. */
const CHANGE_MIN = 0.2;

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

/** Nearest first; of those about equally near the account's own before the broker, then by key. */
export const orderRelays = (reaches: readonly RelayReach[]): readonly PublicKey[] => {
  const classOf = ({ rttMs }: RelayReach): number => Math.floor((rttMs ?? 0) / ALIKE_MS);
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
