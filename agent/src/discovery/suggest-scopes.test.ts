import type { Cidr4, Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IfName, Route } from '../ports/index.ts';
import { parsePingHop, parseTraceroute } from './parse-hops.ts';
import { isRouted, type Surroundings, suggestScopes } from './suggest-scopes.ts';

const route = (destination: string, gateway?: string, interfaceName = 'eth0'): Route => ({
  destination,
  family: destination.includes(':') || gateway?.includes(':') === true ? 6 : 4,
  gateway: gateway as Ip4 | undefined,
  interfaceName: interfaceName as IfName,
});
const NOTHING: Surroundings = {
  routes: [],
  hops: [],
  modems: [],
  taken: ['192.168.1.0/24' as Cidr4],
  tunnelName: 'sg0',
};
const suggest = (seen: Partial<Surroundings>) =>
  suggestScopes({ ...NOTHING, ...seen }).map(({ cidr, from }) => `${cidr} ${from}`);

describe('suggested scopes', () => {
  it('are networks behind routers, not the default, the tunnel, the public, or what is known', () => {
    const routes = [
      route('default', '192.168.1.1'),
      route('10.20.0.0/20', '192.168.1.254'),
      route('192.168.1.0/24'),
      route('172.17.0.0/16'),
      route('10.9.0.0/24', '100.64.0.1', 'sg0'),
      route('203.0.113.0/24', '192.168.1.254'),
      route('10.0.0.0/8', '192.168.1.254'),
      route('fd00::/64', 'fe80::1'),
    ];
    expect(suggest({ routes })).toEqual(['10.20.0.0/20 route']);
  });

  it('are the networks of private routers on the way out, up to the first public one', () => {
    const hops = ['192.168.1.1', undefined, '192.168.0.1', '203.0.113.1', '10.5.5.5'] as (Ip4 | undefined)[];
    expect(suggest({ hops })).toEqual(['192.168.0.0/24 path']);
  });

  it('say modem where a modem answers, once', () => {
    const seen = { modems: ['192.168.100.1' as Ip4], hops: ['192.168.1.1', '192.168.100.1'] as Ip4[] };
    expect(suggest(seen)).toEqual(['192.168.100.0/24 modem']);
    expect(suggest({ ...seen, taken: ['192.168.0.0/16' as Cidr4] })).toEqual([]);
  });
});

describe('isRouted', () => {
  it('needs a route to all of it', () => {
    const cidr = '10.20.0.0/24' as Cidr4;
    expect(isRouted(cidr, [route('default', '192.168.1.1')])).toBe(true);
    expect(isRouted(cidr, [route('10.20.0.0/16', '192.168.1.1')])).toBe(true);
    expect(isRouted(cidr, [route('10.20.0.0/25', '192.168.1.1'), route('192.168.1.0/24')])).toBe(false);
    expect(isRouted(cidr, [])).toBe(false);
  });
});

describe('what traceroute and ping print', () => {
  it('is read as hops', () => {
    const debian =
      'traceroute to 192.0.2.1 (192.0.2.1), 3 hops max, 60 byte packets\n 1  192.168.1.1  0.310 ms\n 2  *\n 3  198.51.100.1  1.1 ms !N\n';
    expect(parseTraceroute(debian)).toEqual(['192.168.1.1', undefined, '198.51.100.1']);
    expect(parsePingHop('From 192.168.1.1 icmp_seq=1 Time to live exceeded\n')).toBe('192.168.1.1');
    expect(parsePingHop('From 192.168.1.1 icmp_seq=1 Destination Host Unreachable\n')).toBeUndefined();
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseTraceroute(` 1  ${text}`);
        parsePingHop(`From ${text}`);
      }),
    );
  });
});
