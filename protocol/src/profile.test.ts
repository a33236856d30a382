import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { DnsLabel } from './ids.ts';
import { Profile, profileFileName, renderProfile } from './profile.ts';

const key = (letter: string) => `${letter.repeat(42)}A=`;
const PROFILE = v.parse(Profile, {
  address4: '100.64.0.12',
  address6: 'fd12:3456:789a::c',
  beacon: { publicKey: key('b'), endpoint: '203.0.113.10:7382' },
  resolver: {
    addresses: ['100.64.0.3', 'fd12:3456:789a::3'],
    searchDomain: 'acme.sidegate.internal',
    isForwarding: true,
  },
  peers: [
    { name: 'alder', publicKey: key('c'), addresses: ['100.64.0.10', 'fd12:3456:789a::a'] },
    { name: 'birch', publicKey: key('d'), addresses: ['100.64.0.11', 'fd12:3456:789a::b', '100.64.1.7'] },
  ],
  omitted: 0,
});

test('a profile is what wg-quick and the apps read', () => {
  expect(renderProfile(PROFILE, { privateKey: key('a') })).toMatchInlineSnapshot(`
    "# This device in acme.sidegate.internal
    [Interface]
    PrivateKey = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA=
    Address = 100.64.0.12/32, fd12:3456:789a::c/128
    DNS = 100.64.0.3, fd12:3456:789a::3, acme.sidegate.internal
    MTU = 1280

    # The broker: relay and names
    [Peer]
    PublicKey = bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA=
    AllowedIPs = 100.64.0.3/32, fd12:3456:789a::3/128
    Endpoint = 203.0.113.10:7382
    PersistentKeepalive = 25

    # alder
    [Peer]
    PublicKey = ccccccccccccccccccccccccccccccccccccccccccA=
    AllowedIPs = 100.64.0.10/32, fd12:3456:789a::a/128
    Endpoint = 203.0.113.10:7382

    # birch
    [Peer]
    PublicKey = ddddddddddddddddddddddddddddddddddddddddddA=
    AllowedIPs = 100.64.0.11/32, fd12:3456:789a::b/128, 100.64.1.7/32
    Endpoint = 203.0.113.10:7382
    "
  `);
});

test('a resolver that knows no other names is not made the only one', () => {
  const resolver = { ...PROFILE.resolver, isForwarding: false };
  const text = renderProfile({ ...PROFILE, resolver }, { privateKey: key('a') });
  expect(text).not.toContain('DNS');
  expect(text).toContain('AllowedIPs = 100.64.0.3/32, fd12:3456:789a::3/128');
});

test('without comments it says the same in fewer bytes', () => {
  const long = renderProfile(PROFILE, { privateKey: key('a') });
  const short = renderProfile(PROFILE, { privateKey: key('a'), hasComments: false });
  expect(short.split('\n').filter(Boolean)).toEqual(long.split('\n').filter((line) => /^[^#]/.test(line)));
});

test('the file is named after an interface that every system accepts', () => {
  expect(profileFileName('tess-phone' as DnsLabel)).toBe('tess-phone.conf');
  expect(profileFileName('the-old-tablet--in-the-kitchen' as DnsLabel)).toBe('the-old-tablet.conf');
});
