import type { Endpoint, MapPeer, NetworkMap, PublicKey } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Underlay } from '../paths/underlay.ts';
import type { TunnelPeer, TunnelPeerChange, TunnelPeerState } from '../ports/index.ts';
import { desiredPeers, planTunnelPeers } from './plan-tunnel-peers.ts';

const key = (text: string) => text as PublicKey;
const RELAY = '203.0.113.1:7382' as Endpoint;
const UNDERLAY: Underlay = { hasIp4: true, hasIp6: false, preferred: 4, shim: undefined, isTryingUdp: false };
const DIRECT = '198.51.100.7:40001' as Endpoint;
const map = {
  beacons: [{ publicKey: key('B'), endpoints: [RELAY] }],
  peers: [{ publicKey: key('P'), address4: '100.64.0.2', address6: 'fd00::2' } as MapPeer],
} as unknown as NetworkMap;

/** What a tunnel looks like after changes. */
const applyTo = (
  states: readonly TunnelPeerState[],
  changes: readonly TunnelPeerChange[],
): TunnelPeerState[] => {
  const byKey = new Map(states.map((state) => [state.publicKey, state]));
  for (const change of changes) {
    if (change.kind === 'remove') byKey.delete(change.publicKey);
    if (change.kind !== 'set' && change.kind !== 'reset') continue;
    const { peer } = change;
    const before = change.kind === 'reset' ? undefined : byKey.get(peer.publicKey);
    byKey.set(peer.publicKey, {
      latestHandshakeAt: undefined,
      rxBytes: 0,
      txBytes: 0,
      ...before,
      publicKey: peer.publicKey,
      endpoint: peer.endpoint ?? before?.endpoint,
      allowedIps: peer.allowedIps,
      keepaliveSec: peer.keepaliveSec,
    });
  }
  return [...byKey.values()];
};
const wanted = (keepaliveSec = 0) => desiredPeers(map, UNDERLAY, () => keepaliveSec);
const inPlace = (): TunnelPeerState[] => applyTo([], planTunnelPeers(wanted(), []));

test('an empty tunnel gets beacon and peers, all with the relay as endpoint', () => {
  expect(planTunnelPeers(wanted(), [])).toEqual([
    { kind: 'set', peer: { publicKey: 'B', endpoint: RELAY, allowedIps: [], keepaliveSec: 25 } },
    {
      kind: 'set',
      peer: {
        publicKey: 'P',
        endpoint: RELAY,
        allowedIps: ['100.64.0.2/32', 'fd00::2/128'],
        keepaliveSec: 0,
      },
    },
  ]);
});

test('a healthy tunnel is left alone, whatever endpoint its peers have found', () => {
  expect(planTunnelPeers(wanted(), inPlace())).toEqual([]);
  const direct = inPlace().map((state) => (state.publicKey === 'P' ? { ...state, endpoint: DIRECT } : state));
  expect(planTunnelPeers(wanted(), direct)).toEqual([]);
});

test('a changed keepalive does not touch the endpoint', () => {
  const direct = inPlace().map((state) => (state.publicKey === 'P' ? { ...state, endpoint: DIRECT } : state));
  const changes = planTunnelPeers(wanted(25), direct);
  expect(changes).toEqual([
    { kind: 'set', peer: { publicKey: 'P', allowedIps: ['100.64.0.2/32', 'fd00::2/128'], keepaliveSec: 25 } },
  ]);
});

test('a beacon that moved is greeted anew', () => {
  const moved = inPlace().map((state) => (state.publicKey === 'B' ? { ...state, endpoint: DIRECT } : state));
  expect(planTunnelPeers(wanted(), moved)).toMatchObject([
    { kind: 'reset', peer: { publicKey: 'B', endpoint: RELAY } },
  ]);
});

test('strangers go first', () => {
  const stranger = { ...inPlace()[0]!, publicKey: key('X') };
  expect(planTunnelPeers(wanted(), [stranger])[0]).toEqual({ kind: 'remove', publicKey: 'X' });
});

test('one plan is enough: planning again changes nothing', () => {
  const peers = fc.uniqueArray(
    fc.record({
      publicKey: fc.constantFrom(...'ABCDE').map(key),
      endpoint: fc.constantFrom(RELAY, DIRECT),
      allowedIps: fc.subarray(['10.0.0.1/32', '10.0.0.2/32']),
      keepaliveSec: fc.constantFrom(0, 25),
    }),
    { selector: ({ publicKey }) => publicKey },
  );
  fc.assert(
    fc.property(peers, peers, (before: TunnelPeer[], after: TunnelPeer[]) => {
      const states = applyTo([], planTunnelPeers(before, []));
      const next = applyTo(states, planTunnelPeers(after, states));
      expect(planTunnelPeers(after, next)).toEqual([]);
    }),
  );
});
