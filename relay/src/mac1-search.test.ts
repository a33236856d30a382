import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mac } from './blake2s.ts';
import { findMac1Key, packKeys } from './mac1-search.ts';
import { prepareMac1Key } from './responder.ts';
import { INITIATION, INITIATION_SIZE_BYTES } from './wireguard-messages.ts';

/** More than one chunk of the search's memory, and no multiple of its lanes. */
const KEYS = Array.from({ length: 4_097 }, () => prepareMac1Key(randomBytes(32)));
const PACKED = packKeys(KEYS);

const initiationTo = (at: number, bytes: Uint8Array = randomBytes(INITIATION_SIZE_BYTES)): Uint8Array => {
  bytes.set(mac(KEYS[at]!, bytes, INITIATION.mac1), INITIATION.mac1);
  return bytes;
};

describe('the search for the key of a mac1', () => {
  it('finds each key, also the last of a lane, a chunk and the list', () => {
    for (const at of [0, 1, 2, 3, 4, 503, 504, 2_015, 2_016, 2_017, 4_095, 4_096]) {
      expect(findMac1Key(PACKED, initiationTo(at))).toBe(at);
    }
  });

  it('agrees with the plain hash for any message', () => {
    const message = fc.uint8Array({ minLength: INITIATION_SIZE_BYTES, maxLength: INITIATION_SIZE_BYTES });
    fc.assert(
      fc.property(fc.nat(KEYS.length - 1), message, (at, bytes) => {
        expect(findMac1Key(PACKED, initiationTo(at, bytes))).toBe(at);
      }),
    );
  });

  it('finds nothing for a key that is not there, nor for one whose first word alone fits', () => {
    expect(findMac1Key(PACKED, randomBytes(INITIATION_SIZE_BYTES))).toBe(-1);
    const almost = initiationTo(2_500);
    almost[INITIATION.mac1 + 9]! ^= 1;
    expect(findMac1Key(PACKED, almost)).toBe(-1);
    expect(findMac1Key(packKeys([]), almost)).toBe(-1);
  });
});
