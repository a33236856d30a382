import { hostsOf } from '@sidegate/kit';
import type { Cidr4, Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressOrder } from './address-order.ts';

const drain = (
  order: ReturnType<typeof createAddressOrder>,
  alive: (address: Ip4) => boolean = () => false,
) => {
  const asked: Ip4[] = [];
  for (let address = order.next(); address !== undefined; address = order.next()) {
    asked.push(address);
    if (alive(address)) order.noteAlive(address);
  }
  return asked;
};
const cidr4 = (bits: number) => `10.20.0.0/${bits}` as Cidr4;

describe('the order of addresses', () => {
  it('has every address once, whoever lives there and is known', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 19, max: 32 }),
        fc.array(fc.nat(2 ** 13 - 1)),
        fc.func(fc.boolean()),
        (bits, offsets, alive) => {
          const known = offsets.map((at) => `10.20.${at >> 8}.${at & 255}` as Ip4);
          const asked = drain(createAddressOrder(cidr4(bits), { known }), alive);
          expect(asked.length).toBe(new Set(asked).size);
          expect(new Set(asked)).toEqual(new Set(hostsOf(cidr4(bits))));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('begins with who is known, then with where routers are', () => {
    const order = createAddressOrder(cidr4(20), { known: ['10.20.3.77', '192.168.1.1'] as Ip4[] });
    const first = Array.from({ length: 18 }, () => order.next());
    expect(first[0]).toBe('10.20.3.77');
    expect(first.slice(1, 17)).toEqual(Array.from({ length: 16 }, (_, block) => `10.20.${block}.1`));
    expect(first[17]).toBe('10.20.0.254');
  });

  it('looks around whoever it finds', () => {
    const asked = drain(createAddressOrder(cidr4(16)), (address) => address === '10.20.77.1');
    const before = asked.indexOf('10.20.77.1' as Ip4);
    expect(asked.slice(before + 1, before + 254).every((one) => one.startsWith('10.20.77.'))).toBe(true);
  });

  it('goes on after a restart without missing anybody', () => {
    const before = createAddressOrder(cidr4(20));
    const asked = new Set<Ip4>();
    for (let n = 0; n < 700; n++) {
      const address = before.next()!;
      asked.add(address);
      if (n === 20) before.noteAlive(address);
    }
    for (const address of drain(createAddressOrder(cidr4(20), { skip: before.passed }))) asked.add(address);
    expect(asked.size).toBe(4094);
  });
});
