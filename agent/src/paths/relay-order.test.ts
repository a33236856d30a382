import type { PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commonRelay,
  ORDER_HELD_MS,
  orderRelays,
  type SettledOrder,
  settleOrder,
  settleRtt,
} from './relay-order.ts';

const key = (name: string) => name as PublicKey;
const reach = (name: string, rttMs: number | undefined, isPrivate = true) => ({
  publicKey: key(name),
  rttMs,
  isPrivate,
});

describe('order of relays', () => {
  it('is by distance, and leaves out those that do not answer', () => {
    const reaches = [
      reach('far', 80),
      reach('dead', undefined),
      reach('near', 12),
      reach('broker', 31, false),
    ];
    expect(orderRelays(reaches)).toEqual(['near', 'broker', 'far']);
  });

  it('puts the account’s own before the broker where both are about equally near', () => {
    expect(orderRelays([reach('broker', 1.2, false), reach('own', 3.9)])).toEqual(['own', 'broker']);
    expect(orderRelays([reach('broker', 1.2, false), reach('own', 40)])).toEqual(['broker', 'own']);
  });

  it('does not follow small changes of a round trip', () => {
    expect(settleRtt(undefined, 20)).toBe(20);
    expect(settleRtt(20, 24)).toBe(20);
    expect(settleRtt(100, 115)).toBe(100);
    expect(settleRtt(20, 30)).toBe(30);
  });
});

describe('the order that is gone by', () => {
  const keys = (names: string) => names.split(' ').map(key);
  const settled = (names: string): SettledOrder => ({
    order: keys(names),
    wanted: keys(names),
    wantedSinceMs: 0,
  });
  /** Hears of these orders, a second apart. */
  const hear = (names: readonly string[]): readonly string[] => {
    let state = settled('a b');
    return names.map((wanted, at) => {
      state = settleOrder(state, keys(wanted), (at + 1) * 1_000);
      return state.order.join(' ');
    });
  };

  it('follows another order once that lasted', () => {
    const seconds = ORDER_HELD_MS / 1_000;
    const heard = hear(Array.from({ length: seconds + 1 }, () => 'b a'));
    expect(heard.at(-2)).toBe('a b');
    expect(heard.at(-1)).toBe('b a');
  });

  it('never follows one that comes and goes', () => {
    const flips = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? 'a b' : 'b a'));
    expect(new Set(hear(flips))).toEqual(new Set(['a b']));
  });

  it('drops who is silent at once, and puts who is new last', () => {
    expect(hear(['b', 'c b'])).toEqual(['b', 'b c']);
  });
});

describe('the relay of a pair', () => {
  it('is the nearest of the smaller key that the other end reaches', () => {
    const a = { publicKey: key('a'), relays: ['r1', 'r2', 'r3'].map(key) };
    const b = { publicKey: key('b'), relays: ['r3', 'r2'].map(key) };
    expect(commonRelay(a, b)).toBe('r2');
  });

  it('is nobody’s where nothing is in common or one end does not say', () => {
    const a = { publicKey: key('a'), relays: [key('r1')] };
    expect(commonRelay(a, { publicKey: key('b'), relays: [key('r2')] })).toBeUndefined();
    expect(commonRelay(a, { publicKey: key('b') })).toBeUndefined();
  });

  it('is the same from both ends', () => {
    const relays = fc.shuffledSubarray(['r1', 'r2', 'r3', 'r4'].map(key));
    fc.assert(
      fc.property(relays, relays, (one, other) => {
        const [a, b] = [
          { publicKey: key('a'), relays: one },
          { publicKey: key('b'), relays: other },
        ];
        expect(commonRelay(a, b)).toBe(commonRelay(b, a));
      }),
    );
  });
});
