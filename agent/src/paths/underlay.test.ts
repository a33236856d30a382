import type { Beacon, Cidr4, Endpoint, Ip, PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IfName, Link, Route } from '../ports/index.ts';
import {
  beaconEndpoint,
  canTryOther,
  findWaysOut,
  NO_UNDERLAY,
  relayFor,
  type Underlay,
} from './underlay.ts';

const FOUR = '203.0.113.10:7382' as Endpoint;
const SIX = '[2001:db8::10]:7382' as Endpoint;
const SHIM = '127.0.0.1:40000' as Endpoint;
const beacon = (...endpoints: Endpoint[]): Beacon => ({ publicKey: 'B' as Beacon['publicKey'], endpoints });
const ways = (text: string, change: Partial<Underlay> = {}): Underlay => ({
  ...NO_UNDERLAY,
  hasIp4: text.includes('4'),
  hasIp6: text.includes('6'),
  ...change,
});

describe('the address of a beacon', () => {
  test.each([
    ['IPv4 where both work, for its mapping only the beacon can see', ways('46'), FOUR],
    ['IPv6 where the beacons were silent over IPv4', ways('46', { preferred: 6 }), SIX],
    ['IPv4 where there is only IPv4, whatever is preferred', ways('4', { preferred: 6 }), FOUR],
    ['IPv6 where there is only IPv6', ways('6'), SIX],
    ['what it was before, while there is no way out at all', ways(''), FOUR],
    ['the way round, where UDP is blocked', ways('46', { shim: SHIM }), SHIM],
  ])('is %s', (_name, underlay, expected) => {
    expect(beaconEndpoint(beacon(FOUR, SIX), underlay, true)).toBe(expected);
    expect(relayFor({ beacons: [beacon(FOUR, SIX)] }, { publicKey: 'n' as PublicKey }, underlay)).toBe(
      expected,
    );
  });

  test('stays on UDP but for the first, and for a trial also there, while the relay is behind the shim', () => {
    const [blocked, trying] = [ways('4', { shim: SHIM }), ways('4', { shim: SHIM, isTryingUdp: true })];
    expect([0, 1].map((index) => beaconEndpoint(beacon(FOUR), blocked, index === 0))).toEqual([SHIM, FOUR]);
    expect([0, 1].map((index) => beaconEndpoint(beacon(FOUR), trying, index === 0))).toEqual([FOUR, FOUR]);
    expect(relayFor({ beacons: [beacon(FOUR)] }, { publicKey: 'n' as PublicKey }, trying)).toBe(SHIM);
  });

  test('is none where no family is shared, and the relay is that of the next beacon', () => {
    expect(beaconEndpoint(beacon(FOUR), ways('6'))).toBeUndefined();
    const beacons = [beacon(FOUR), beacon(SIX)];
    expect(relayFor({ beacons }, { publicKey: 'n' as PublicKey }, ways('6'))).toBe(SIX);
    expect(relayFor({ beacons: [beacon(FOUR)] }, { publicKey: 'n' as PublicKey }, ways('6'))).toBe(FOUR);
    expect(relayFor({ beacons: [] }, { publicKey: 'n' as PublicKey }, ways('46'))).toBeUndefined();
  });

  test('can be another one only where both families lead to it', () => {
    expect(canTryOther({ beacons: [beacon(FOUR, SIX)] }, ways('46'))).toBe(true);
    expect(canTryOther({ beacons: [beacon(FOUR, SIX)] }, ways('4'))).toBe(false);
    expect(canTryOther({ beacons: [beacon(FOUR)] }, ways('46'))).toBe(false);
    expect(canTryOther({ beacons: [beacon(FOUR, SIX)] }, ways('46', { shim: SHIM }))).toBe(false);
  });

  test('is always one of its own, and of a family that leads somewhere', () => {
    const underlays = fc.record({
      hasIp4: fc.boolean(),
      hasIp6: fc.boolean(),
      preferred: fc.constantFrom(4 as const, 6 as const),
      shim: fc.constant(undefined),
      isTryingUdp: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.subarray([FOUR, SIX], { minLength: 1 }), underlays, (endpoints, underlay) => {
        const chosen = beaconEndpoint(beacon(...endpoints), underlay);
        const isOffline = !underlay.hasIp4 && !underlay.hasIp6;
        if (chosen === undefined) expect(isOffline).toBe(false);
        else expect(endpoints).toContain(chosen);
        if (chosen === FOUR) expect(underlay.hasIp4 || isOffline).toBe(true);
        if (chosen === SIX) expect(underlay.hasIp6 || isOffline).toBe(true);
      }),
    );
  });
});

describe('ways out', () => {
  const SG0 = 'sg0' as IfName;
  const link = (name: string, addresses4: string[], addresses6: string[]): Link => ({
    name: name as IfName,
    mac: undefined,
    isUp: true,
    isLoopback: false,
    addresses4: addresses4 as Cidr4[],
    addresses6,
    linkKind: undefined,
  });
  const route = (family: 4 | 6, destination: string, name = 'eth0', gateway?: string): Route => ({
    destination,
    family,
    gateway: gateway as Ip | undefined,
    interfaceName: name as IfName,
  });
  const eth0 = link('eth0', ['192.168.1.2/24'], ['2001:db8:1::2/64', 'fe80::1/64']);
  const found = (links: Link[], routes: Route[]) => {
    const { hasIp4, hasIp6 } = findWaysOut({ links, routes }, SG0);
    return `${hasIp4 ? 4 : ''}${hasIp6 ? 6 : ''}`;
  };

  test('are the default routes, by family', () => {
    const [four, six] = [route(4, 'default', 'eth0', '192.168.1.1'), route(6, 'default', 'eth0', 'fe80::2')];
    expect(found([eth0], [four, six])).toBe('46');
    expect(found([eth0], [six])).toBe('6');
    expect(found([eth0], [four])).toBe('4');
    expect(found([eth0], [route(6, 'default', 'pppoe-wan')])).toBe('6');
  });

  test('may be written as halves, and are never the tunnel itself', () => {
    expect(found([eth0], [route(4, '0.0.0.0/1', 'tun0'), route(4, '128.0.0.0/1', 'tun0')])).toBe('4');
    expect(found([eth0], [route(4, 'default'), route(6, 'default', 'sg0')])).toBe('4');
  });

  test('are the addresses where no route leads out: a mesh in a closed network', () => {
    expect(found([eth0], [])).toBe('46');
    expect(found([link('eth0', ['169.254.3.4/16'], ['fe80::1/64'])], [])).toBe('');
  });
});
