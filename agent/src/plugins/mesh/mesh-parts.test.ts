import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Secret } from '@sidegate/kit';
import type { Cidr4, Enrolment, PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IfName, Link, Route } from '../../ports/index.ts';
import { createPrivateWireGuardKey, deriveListenPort, publicKeyOf } from '../../tunnel/key-pair.ts';
import { labelOf } from './joining/enrolment.ts';
import { type Identity, parseIdentity, renderIdentity } from './joining/identity.ts';
import { findOverlaps, judgeClock } from './mesh-health.ts';

test('a listen port follows from the key, is never the customary one, and moves on when taken', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(40_000), (text, attempt) => {
      const port = deriveListenPort(text as PublicKey, attempt);
      expect(port).toBe(deriveListenPort(text as PublicKey, attempt));
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThan(60_000);
      expect(port).not.toBe(51_820);
    }),
  );
  expect(deriveListenPort('k' as PublicKey, 1)).not.toBe(deriveListenPort('k' as PublicKey));
});

test('a public key is the one that OpenSSL derives, and a new private key is clamped', () => {
  const pair = generateKeyPairSync('x25519');
  const raw = (key: KeyObject, type: 'pkcs8' | 'spki') =>
    key.export({ format: 'der', type }).subarray(-32).toString('base64');
  expect(publicKeyOf(new Secret(raw(pair.privateKey, 'pkcs8')))).toBe(raw(pair.publicKey, 'spki'));
  const bytes = Buffer.from(createPrivateWireGuardKey().reveal(), 'base64');
  expect([bytes.length, bytes[0]! & 7, bytes[31]! & 192]).toEqual([32, 0, 64]);
});

test('any host name becomes a label', () => {
  expect(labelOf('Büro-Router.local')).toBe('b-ro-router');
  expect(labelOf('---')).toBe('node');
  fc.assert(fc.property(fc.string(), (text) => void labelOf(text)));
});

test('an identity survives the disk; anything else is refused without a throw', () => {
  const enrolment = {
    nodeId: 'n_0123456789abcdef',
    name: 'edge',
    address4: '100.64.0.1',
    address6: 'fd00::1',
    accountId: 'a_0123456789abcdef',
    accountName: 'Acme',
    ticketKey: `${'A'.repeat(43)}=`,
  } as unknown as Omit<Enrolment, 'token'>;
  const identity = {
    wanted: 'up',
    brokerUrl: 'http://broker.example',
    privateKey: createPrivateWireGuardKey(),
    token: new Secret(`sgn_${'a'.repeat(43)}`),
    enrolment,
  } as const;
  const back = parseIdentity(renderIdentity(identity));
  expect(back).toEqual(identity);
  expect((back as Identity).token.reveal()).toBe(identity.token.reveal());
  expect(JSON.stringify(back)).not.toContain(identity.token.reveal());
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(parseIdentity(text)).toBe('damaged');
    }),
  );
  expect(parseIdentity('{"version":2,"identity":"in another shape"}')).toBe('newer');
});

test('the mesh’s prefix in use on this machine is found, the tunnel’s own is not', () => {
  const link = (name: string, cidr: string) =>
    ({ name, isLoopback: false, addresses4: [cidr] }) as unknown as Link;
  const route = (destination: string, name: string): Route => ({
    destination,
    family: 4,
    gateway: undefined,
    interfaceName: name as IfName,
  });
  const overlaps = (links: Link[], routes: Route[]) =>
    findOverlaps('100.64.0.0/10' as Cidr4, links, routes, 'sg0' as IfName);
  expect(
    overlaps([link('sg0', '100.64.0.1/32'), link('eth0', '192.168.1.2/24')], [route('default', 'eth0')]),
  ).toEqual([]);
  expect(overlaps([link('wwan0', '100.72.3.4/30')], [])).toEqual(['100.72.3.4/30 on wwan0']);
  expect(overlaps([], [route('100.100.100.100', 'tailscale0'), route('100.64.0.9/32', 'sg0')])).toEqual([
    '100.100.100.100/32 on tailscale0',
  ]);
});

test('five minutes off is off; a broker that does not say is believed', () => {
  expect(judgeClock(0, 299_000)[0]).toBe(false);
  expect(judgeClock(0, undefined)[0]).toBe(false);
  const [isOff, { code, title }] = judgeClock(0, 301_000);
  expect([isOff, code, title]).toEqual([
    true,
    'clock-off',
    "The clock of this machine is behind the broker's",
  ]);
  expect(judgeClock(301_000, 0)[1].title).toContain('ahead');
});
