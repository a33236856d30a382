/** The sliding window over transport counters (RFC 6479): every counter is accepted once, old ones never. */

/** How far a packet may be late. A beacon hears one every 25 s; the slack serves reordered bursts. */
const WINDOW_SIZE = 128;
const WORD_BITS = 32;
/** One word more than the window, so that moving on clears whole words. */
const WORDS = WINDOW_SIZE / WORD_BITS + 1;

/** Which counters of one session were seen. */
export interface ReplayWindow {
  /** The highest counter accepted; -1 before the first. */
  highest: number;
  readonly seen: Uint32Array;
}

/** Nothing seen yet. */
export const createReplayWindow = (): ReplayWindow => ({ highest: -1, seen: new Uint32Array(WORDS) });

/** Takes note of an authenticated counter; false where it was seen before or is too old to know. */
export const acceptCounter = (window: ReplayWindow, counter: number): boolean => {
  if (counter + WINDOW_SIZE <= window.highest) return false;
  const block = Math.floor(counter / WORD_BITS);
  const highestBlock = Math.floor(window.highest / WORD_BITS);
  for (let next = Math.max(highestBlock + 1, block - WORDS + 1); next <= block; next++)
    window.seen[next % WORDS] = 0;
  const bit = 1 << (counter % WORD_BITS);
  const word = block % WORDS;
  if ((window.seen[word]! & bit) !== 0) return false;
  window.seen[word]! |= bit;
  window.highest = Math.max(window.highest, counter);
  return true;
};
