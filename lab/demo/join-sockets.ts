/** Two streams become one: what comes in on either leaves on the other, and they end together. */
import type { Duplex } from 'node:stream';

/** Neither is read faster than the other takes it in. */
export const joinSockets = (one: Duplex, other: Duplex): void => {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
};
