import { createVirtualClock, formatEndpoint, splitEndpoint } from '@sidegate/kit';
import { type Candidate, decodeProbe, type Endpoint, type MapPeer, type NodeId } from '@sidegate/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { deriveProbeKey, keyPrefixOf, signProbe } from '../../../paths/probe-auth.ts';
import { PROBES_PER_ADDRESS, PROBES_TO_STRANGERS } from '../../../paths/probe-budget.ts';
import { createProbeSession, planPings } from '../../../paths/probe-session.ts';
import type { UdpSocket } from '../../../ports/index.ts';
import { createPrivateWireGuardKey, publicKeyOf } from '../../../tunnel/key-pair.ts';
import { startProbeService } from './probe-service.ts';

const SESSION = '0123456789abcdef';
const THIRD = '192.0.2.7:5000' as Endpoint;
const NONCE = '0000000200000001';

/** A service on a socket of the test's, with peers whose keys the test has. */
const openService = async (peerCount = 1) => {
  const clock = createVirtualClock();
  const sent: { readonly bytes: Uint8Array; readonly to: Endpoint }[] = [];
  const heard: string[] = [];
  let deliver: Parameters<UdpSocket['onMessage']>[0] = () => {};
  const socket = {
    localPort: 40_000,
    send: (bytes: Uint8Array, to: Parameters<UdpSocket['send']>[1]) =>
      sent.push({ bytes, to: formatEndpoint(to) }),
    onMessage(listener: typeof deliver) {
      deliver = listener;
      return { [Symbol.dispose]: () => {} };
    },
    [Symbol.asyncDispose]: async () => {},
  } as unknown as UdpSocket;
  const bindUdp = async ({ family }: { readonly family: number }) => {
    if (family === 6) throw new Error('no IPv6');
    return socket;
  };
  const privateKey = createPrivateWireGuardKey();
  const ownKey = publicKeyOf(privateKey);
  const service = await startProbeService({
    sockets: { bindUdp } as unknown as Parameters<typeof startProbeService>[0]['sockets'],
    clock,
    privateKey,
    ownKey,
    onProbe: (peer, { type, nonce }, from) => heard.push(`${peer} ${type} ${nonce} ${from}`),
    onEchoed: () => {},
  });
  onTestFinished(() => service[Symbol.asyncDispose]());
  const secrets = Array.from({ length: peerCount }, () => createPrivateWireGuardKey());
  const peers = secrets.map(
    (secret, at) => ({ id: `n_${at}` as NodeId, publicKey: publicKeyOf(secret) }) as unknown as MapPeer,
  );
  service.setPeers(peers);
  /** A frame of the first peer, from wherever it pretends to be. */
  const hear = (type: 'ping' | 'pong', nonce: string, from: Endpoint) => {
    const fromKeyPrefix = keyPrefixOf(peers[0]!.publicKey);
    const seen = { seenAddress: '00'.repeat(16), seenPort: 0 };
    const key = deriveProbeKey(secrets[0]!, ownKey)!;
    deliver(signProbe({ type, session: SESSION, nonce, fromKeyPrefix, ...seen }, key), splitEndpoint(from));
  };
  return { clock, service, peers, sent, heard, hear };
};

/** Packets to an address that the peers name in every one of their punches, over ten minutes of them. */
const probeForLong = async (endpointsOf: (punch: number) => readonly string[], peerCount: number) => {
  const { clock, service, peers, sent } = await openService(peerCount);
  for (let punch = 0; punch < 120; punch++) {
    const named = endpointsOf(punch).map((endpoint) => ({ kind: 'reflexive', endpoint }) as Candidate);
    for (const peer of peers) {
      let session = createProbeSession(SESSION, named, clock.monoMs(), true);
      for (let turn = 0; turn < 4; turn++) {
        const planned = planPings(session, clock.monoMs() + turn * 1000);
        session = planned.session;
        for (const { nonce, to } of planned.pings)
          service.send(peer, { type: 'ping', session: SESSION, nonce }, to);
      }
    }
    await clock.advance(5000);
  }
  return sent.length;
};

test('peers that name a third party, punch after punch, on any of its ports, get it few packets', async () => {
  const ports = (punch: number) =>
    Array.from({ length: 10 }, (_, at) => `192.0.2.7:${20_000 + punch * 10 + at}`);
  const count = await probeForLong(ports, 2);
  expect(count).toBeGreaterThan(PROBES_PER_ADDRESS.burst);
  expect(count).toBeLessThanOrEqual(PROBES_PER_ADDRESS.burst + 600 * PROBES_PER_ADDRESS.perSec);
});

test('naming another address each time does not make us scan the internet', async () => {
  const addresses = (punch: number) =>
    Array.from({ length: 20 }, (_, at) => `198.18.${punch & 255}.${at + 20 * (punch >> 8)}:5000`);
  const count = await probeForLong(addresses, 2);
  expect(count).toBeLessThanOrEqual(PROBES_TO_STRANGERS.burst + 600 * PROBES_TO_STRANGERS.perSec);
});

test('pings in the name of a third party are not a fountain either', async () => {
  const { service, peers, sent } = await openService();
  for (let at = 0; at < 10_000; at++)
    service.send(peers[0]!, { type: 'pong', session: SESSION, nonce: NONCE }, THIRD);
  expect(sent.length).toBeLessThanOrEqual(50);
});

test('an answer from where the ping went is heard, and what answers may be asked more', async () => {
  const { service, peers, sent, heard, hear } = await openService();
  const ping = () => service.send(peers[0]!, { type: 'ping', session: SESSION, nonce: NONCE }, THIRD);
  ping();
  hear('pong', decodeProbe(sent[0]!.bytes)!.nonce, THIRD);
  expect(heard).toEqual([`n_0 pong ${NONCE} ${THIRD}`]);
  for (let at = 0; at < 1000; at++) ping();
  expect(sent.length).toBe(1001);
});

test('a peer that forges the source of a third party cannot answer for it', async () => {
  const { service, peers, sent, heard, hear } = await openService();
  service.send(peers[0]!, { type: 'ping', session: SESSION, nonce: NONCE }, '198.51.100.1:6000' as Endpoint);
  service.send(peers[0]!, { type: 'ping', session: SESSION, nonce: NONCE }, THIRD);
  const [toPeer, toThird] = sent.map(({ bytes }) => decodeProbe(bytes)!.nonce);
  expect(toPeer).not.toBe(toThird);
  // What it may guess, and what it got itself.
  for (const nonce of [NONCE, '0000000000000000', '0000000000007fff', toPeer!]) hear('pong', nonce, THIRD);
  expect(heard).toEqual([]);
  for (let at = 0; at < 1000; at++)
    service.send(peers[0]!, { type: 'ping', session: SESSION, nonce: NONCE }, THIRD);
  expect(sent.length).toBe(PROBES_PER_ADDRESS.burst + 1);
});
