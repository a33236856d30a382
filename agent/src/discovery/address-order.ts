/**
 * In which order the addresses of a large network are asked, so that a technician sees most devices soon: those known
 * from before, then where people put things in every /24, then whatever is near somebody found. Pure.
 */
import { ip4ToNumber, isInCidr, networkOf, networkSize, numberToIp4 } from '@sidegate/kit';
import type { Cidr4, Ip4 } from '@sidegate/protocol';

/** Last numbers of addresses: routers have the first ones, and address pools begin at the others. */
const LIKELY = [1, 254, 2, 10, 20, 50, 100, 200] as const;
const BLOCK = 256;

/** Every address comes once. */
export interface AddressOrder {
  /** `undefined`: no more. */
  next(): Ip4 | undefined;
  /** Somebody lives there: the neighbours are next. */
  noteAlive(address: Ip4): void;
  /** How far the round is that is the same every time, in addresses; what came before its turn is not in it. */
  readonly passed: number;
}

/** Offsets of the round: likely ones of all blocks, then block by block. */
function* roundOf(size: number): Generator<number> {
  const blocks = Math.max(1, size / BLOCK);
  const all = Array.from({ length: Math.min(size, BLOCK) }, (_, at) => at);
  for (const last of LIKELY) {
    for (let block = 0; last < size && block < blocks; block++) yield block * BLOCK + last;
  }
  const others = all.filter((last) => !LIKELY.some((one) => one === last));
  for (let block = 0; block < blocks; block++) for (const last of others) yield block * BLOCK + last;
}

/** `skip`: so much of the round was asked before a restart. */
export const createAddressOrder = (
  cidr: Cidr4,
  { known = [], skip = 0 }: { readonly known?: readonly Ip4[]; readonly skip?: number } = {},
): AddressOrder => {
  const { base, bits } = networkOf(cidr);
  const first = ip4ToNumber(base);
  const size = networkSize(cidr);
  const isAsked = new Uint8Array(size);
  // Network and broadcast are nobody's (RFC 3021: but of two addresses both are).
  if (bits < 31) isAsked.fill(1, 0, 1).fill(1, size - 1);
  const round = roundOf(size);
  const early = known.filter((one) => isInCidr(one, cidr)).map((one) => ip4ToNumber(one) - first);
  let earlyAt = 0;
  let passed = 0;
  const draw = (): number | undefined => {
    if (earlyAt < early.length) return early[earlyAt++];
    const { value, done } = round.next();
    if (done) return undefined;
    passed++;
    return value;
  };
  while (passed < skip && passed < size) {
    round.next();
    passed++;
  }
  const livelyBlocks = new Set<number>();
  return {
    next() {
      for (;;) {
        const offset = draw();
        if (offset === undefined) return undefined;
        if (isAsked[offset] === 1) continue;
        isAsked[offset] = 1;
        return numberToIp4(first + offset);
      }
    },
    noteAlive(address) {
      const block = Math.floor((ip4ToNumber(address) - first) / BLOCK);
      if (size <= BLOCK || livelyBlocks.has(block)) return;
      livelyBlocks.add(block);
      for (let last = 0; last < BLOCK; last++) early.push(block * BLOCK + last);
    },
    get passed() {
      return passed;
    },
  };
};
