import { Secret } from '@sidegate/kit';
import type { Endpoint, PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TunnelPeerState } from '../ports/index.ts';
import { createWgDumpReader, parseWgDump, renderWgDump } from './wg-dump.ts';

/** Recorded from wireguard-go with one beacon and one peer that roamed to a mapped address; keys are made up. */
const RECORDED = [
  'oNXubZXk10sBZgtpvGpofFSeZKygE05woyiLJ711KF4=\tzfZi2QSsSXebvW2O48ekodoYW1iK3u6uY5XBDCkijBQ=\t41234\toff',
  'CtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=\t(none)\t[::ffff:198.51.100.7]:40001\t100.64.0.2/32,fd00::2/128\t1700000000\t92\t148\t25',
  'AtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=\t(none)\t(none)\t(none)\t0\t0\t0\toff',
  '',
].join('\n');

it('reads a recorded dump and un-maps addresses', () => {
  const dump = parseWgDump(RECORDED);
  expect(dump?.self.listenPort).toBe(41234);
  expect(dump?.self.privateKey?.reveal()).toBe('oNXubZXk10sBZgtpvGpofFSeZKygE05woyiLJ711KF4=');
  expect(dump?.peers).toEqual([
    {
      publicKey: 'CtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=',
      endpoint: '198.51.100.7:40001',
      allowedIps: ['100.64.0.2/32', 'fd00::2/128'],
      latestHandshakeAt: 1_700_000_000_000,
      rxBytes: 92,
      txBytes: 148,
      keepaliveSec: 25,
    },
    {
      publicKey: 'AtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=',
      endpoint: undefined,
      allowedIps: [],
      latestHandshakeAt: undefined,
      rxBytes: 0,
      txBytes: 0,
      keepaliveSec: 0,
    },
  ]);
});

it('does not print the private key by accident', () => {
  expect(JSON.stringify(parseWgDump(RECORDED))).not.toContain('oNXubZXk');
});

it('leaves out a peer whose line makes no sense and keeps the others', () => {
  const dump = parseWgDump(RECORDED.replace('100.64.0.2/32', '100.64.0.2/33'));
  expect(dump?.peers.map((peer) => peer.keepaliveSec)).toEqual([0]);
});

const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64') as PublicKey);
const peer: fc.Arbitrary<TunnelPeerState> = fc.record({
  publicKey: key,
  endpoint: fc.option(
    fc
      .tuple(fc.oneof(fc.ipV4(), fc.constant('[fd00::7]')), fc.integer({ min: 1, max: 65535 }))
      .map(([address, port]) => `${address}:${port}` as Endpoint),
    { nil: undefined },
  ),
  allowedIps: fc.array(
    fc.oneof(
      fc.ipV4().map((ip) => `${ip}/32`),
      fc.constant('fd00::2/128'),
    ),
    { maxLength: 3 },
  ),
  latestHandshakeAt: fc.option(
    fc.integer({ min: 1, max: 2 ** 32 }).map((sec) => sec * 1000),
    { nil: undefined },
  ),
  rxBytes: fc.maxSafeNat(),
  txBytes: fc.maxSafeNat(),
  keepaliveSec: fc.integer({ min: 0, max: 65535 }),
});

it('reads back whatever it renders', () => {
  fc.assert(
    fc.property(
      fc.array(peer, { maxLength: 4 }),
      key,
      fc.integer({ min: 0, max: 65535 }),
      (peers, own, listenPort) => {
        const self = { privateKey: new Secret(own), listenPort };
        const dump = parseWgDump(renderWgDump({ self, peers }));
        expect(dump?.peers).toEqual(peers);
        expect(dump?.self.listenPort).toBe(listenPort);
        expect(dump?.self.privateKey?.reveal()).toBe(own);
      },
    ),
  );
});

it('gives the same object for a peer whose line is as before, wherever it stands', () => {
  const read = createWgDumpReader();
  const [own, first, second] = RECORDED.split('\n');
  const before = read(RECORDED)!;
  expect(read(RECORDED)).toBe(before);
  const turned = read([own, second, first, ''].join('\n'))!;
  expect(turned.peers).toEqual([before.peers[1], before.peers[0]]);
  expect(turned.peers[0]).toBe(before.peers[1]);
  const changed = read(RECORDED.replace('\t92\t', '\t124\t'))!;
  expect(changed.peers[0]).toEqual({ ...before.peers[0], rxBytes: 124 });
  expect(changed.peers[1]).toBe(before.peers[1]);
});

it('reads dump after dump as it reads each alone', () => {
  const read = createWgDumpReader();
  const dumps = fc.array(fc.tuple(fc.subarray(RECORDED.split('\n')), fc.string()));
  fc.assert(
    fc.property(dumps, (all) => {
      for (const [lines, noise] of all) {
        const text = [...lines, noise].join('\n');
        // A line twice is a peer twice, which no dump has.
        expect(read(text)).toEqual(parseWgDump(text));
      }
    }),
  );
});

it('survives any text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string()).map((parts) => parts.join('\t')),
      ),
      (text) => {
        for (const found of parseWgDump(text)?.peers ?? []) expect(found.publicKey).toHaveLength(44);
      },
    ),
  );
});
