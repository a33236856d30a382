import type { Cidr4, Ip4, Scope, ScopeId } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { AgentError } from '../errors.ts';
import type { IfName, Link } from '../ports/index.ts';
import { checkNewScope, findAttachedScopes } from './scopes.ts';
import { splitNetwork } from './split-network.ts';

const link = (name: string, address: string, patch: Partial<Link> = {}): Link => ({
  name: name as IfName,
  mac: undefined,
  isUp: true,
  isLoopback: false,
  addresses4: [address as Cidr4],
  addresses6: [],
  linkKind: undefined,
  ...patch,
});
const cidrs = (...links: Link[]) => findAttachedScopes(links, 'sg0').map(({ cidr }) => cidr);

describe('findAttachedScopes', () => {
  it('finds private networks on real interfaces, with a stable id', () => {
    const [scope] = findAttachedScopes([link('eth0', '192.168.1.2/24')], 'sg0');
    expect(scope).toMatchObject({ cidr: '192.168.1.0/24', interfaceName: 'eth0', ownAddress: '192.168.1.2' });
    expect(findAttachedScopes([link('eth0', '192.168.1.9/24')], 'sg0')[0]?.id).toBe(scope?.id);
    expect(findAttachedScopes([link('eth1', '192.168.1.2/24')], 'sg0')[0]?.id).not.toBe(scope?.id);
    expect(cidrs(link('br-lan', '10.0.0.1/16', { linkKind: 'bridge' }))).toEqual(['10.0.0.0/16']);
  });

  it.each([
    ['the tunnel', link('sg0', '10.1.0.1/24')],
    ['another tunnel', link('home', '10.1.0.1/24', { linkKind: 'wireguard' })],
    ['loopback', link('lo', '10.1.0.1/24', { isLoopback: true })],
    ['Docker', link('docker0', '172.17.0.1/16', { linkKind: 'bridge' })],
    ["Docker's networks", link('br-0123456789ab', '172.18.0.1/16', { linkKind: 'bridge' })],
    ['what is down', link('eth0', '192.168.1.2/24', { isUp: false })],
    ['public networks', link('wan', '203.0.113.7/24')],
    ['carrier networks', link('wan', '100.64.0.7/10')],
    ['link-local networks', link('eth0', '169.254.0.7/16')],
    ['networks too large to scan', link('eth0', '10.0.0.1/8')],
    ['single addresses', link('eth0', '10.0.0.1/32')],
  ])('passes over %s', (_what, one) => {
    expect(cidrs(one)).toEqual([]);
  });
});

describe('checkNewScope', () => {
  const existing: Scope[] = [
    { id: 'c_aaaaaaaaaaaaaaaa' as ScopeId, cidr: '192.168.1.0/24' as Cidr4, kind: 'attached', label: '' },
  ];
  const check = (cidr: string, scopes = existing) => {
    try {
      return checkNewScope({ cidr: cidr as Cidr4 }, scopes, '10.64.0.0/10' as Cidr4);
    } catch (error) {
      return (error as AgentError).code;
    }
  };

  it.each([
    ['10.20.30.7/24', '10.20.30.0/24'],
    ['172.16.0.0/16', '172.16.0.0/16'],
    ['172.16.0.0/15', 'SCOPE_TOO_LARGE'],
    ['203.0.113.0/24', 'SCOPE_NOT_PRIVATE'],
    ['172.32.0.0/16', 'SCOPE_NOT_PRIVATE'],
    ['192.168.1.128/25', 'SCOPE_OVERLAPS'],
    ['192.168.0.0/16', 'SCOPE_OVERLAPS'],
    ['10.64.9.0/24', 'SCOPE_OVERLAPS'],
  ])('%s: %s', (cidr, answer) => {
    expect(check(cidr)).toBe(answer);
  });

  it('takes a public network from somebody who insists, and nothing larger for that', () => {
    const insist = (cidr: string) => {
      try {
        return checkNewScope({ cidr: cidr as Cidr4, isPublicConfirmed: true }, existing, undefined);
      } catch (error) {
        return (error as AgentError).code;
      }
    };
    expect(insist('203.0.113.0/24')).toBe('203.0.113.0/24');
    expect(insist('203.0.0.0/15')).toBe('SCOPE_TOO_LARGE');
  });

  it.each([
    ['br-lan', '192.168.55.1', '192.168.55.0/24'],
    ['br-lan', '192.168.56.1', 'senderAddress'],
    ['br-lan', undefined, 'senderAddress'],
    [undefined, '192.168.55.1', 'interfaceName'],
  ])('a stray network on %s in the name of %s: %s', (interfaceName, sender, answer) => {
    const wanted = {
      cidr: '192.168.55.0/24' as Cidr4,
      ...(interfaceName === undefined ? {} : { interfaceName }),
      ...(sender === undefined ? {} : { senderAddress: sender as Ip4 }),
    };
    const result = (() => {
      try {
        return checkNewScope(wanted, existing, undefined);
      } catch (error) {
        expect((error as AgentError).code).toBe('SCOPE_SENDER_UNFIT');
        return (error as AgentError).field;
      }
    })();
    expect(result).toBe(answer);
  });

  it('stops at the limit', () => {
    const many = Array.from(
      { length: 32 },
      (_, n): Scope => ({ ...existing[0]!, cidr: `192.168.${n}.0/24` as Cidr4 }),
    );
    expect(check('10.0.0.0/24', many)).toBe('SCOPE_LIMIT');
  });
});

describe('splitNetwork', () => {
  it('covers the network in order', () => {
    expect(splitNetwork('192.168.1.77/24' as Cidr4, 26)).toEqual([
      '192.168.1.0/26',
      '192.168.1.64/26',
      '192.168.1.128/26',
      '192.168.1.192/26',
    ]);
    expect(splitNetwork('192.168.1.77/30' as Cidr4, 26)).toEqual(['192.168.1.76/30']);
    expect(splitNetwork('10.0.0.0/16' as Cidr4, 22)).toHaveLength(64);
  });
});
