import { describe, expect, test } from 'vitest';
import { stepPath } from './path-machine.ts';
import { PATH_TIMERS as T } from './path-timers.ts';
import {
  answersHeartbeats,
  DIRECT,
  drive,
  driveToDirect,
  OTHER,
  PUNCH,
  pathOf,
  RELAY,
  readsOnly,
} from './testing/driven-path.ts';

const SEEN = { kind: 'peer-changed', isOnline: true, relay: RELAY } as const;

describe('losing the direct path', () => {
  test.each([
    [true, 'reset-peer'],
    [false, 'set-endpoint'],
  ] as const)(
    'no answer for three seconds: back to the relay (controller: %s, by %s)',
    (isController, kind) => {
      const path = driveToDirect(isController);
      path.feed({ kind: 'traffic', isReceived: false });
      const sinceMs = path.nowMs();
      const earlier = path.effects.length;
      path.pass(6000);
      const first = path.effects.slice(earlier).find((effect) => 'endpoint' in effect);
      expect(first).toMatchObject({ kind, endpoint: RELAY });
      expect((first?.atMs ?? 0) - sinceMs).toBeLessThanOrEqual(5000);
      expect(path.state().phase).toBe('fallback');
    },
  );

  test('under traffic: shown to the beacons at the first miss, left within two seconds, shaken again', () => {
    const path = driveToDirect(true);
    path.feed({ kind: 'traffic', isReceived: true });
    const sinceMs = path.nowMs();
    path.pass(1000, readsOnly(path));
    expect(path.of('show-mapping').map(({ atMs }) => atMs - sinceMs)).toEqual([expect.any(Number)]);
    expect(path.of('show-mapping')[0]!.atMs - sinceMs).toBeLessThanOrEqual(800);
    path.pass(4000, readsOnly(path));
    const resets = path.of('reset-peer').map(({ atMs }) => atMs - sinceMs);
    expect(resets[0]).toBeLessThan(2000);
    expect(resets.map((atMs) => atMs - resets[0]!)).toEqual([0, 350, 1000, 1700, 2400, 3600]);
    // The relay may be what is gone: one of them goes where the peer was.
    const places = path.of('reset-peer').map((effect) => 'endpoint' in effect && effect.endpoint);
    expect(places.slice(0, 4)).toEqual([RELAY, RELAY, DIRECT, RELAY]);
  });

  test('a handshake is on its way before our mapping is shown, which may release it', () => {
    const path = driveToDirect(true);
    path.feed({ kind: 'traffic', isReceived: true });
    const earlier = path.effects.length;
    path.pass(5000, readsOnly(path));
    const told = path.effects.slice(earlier).filter(({ kind }) => /reset-peer|show-mapping/.test(kind));
    const shown = told.flatMap(({ kind, atMs }, at) => (kind === 'show-mapping' ? [{ at, atMs }] : []));
    // At the first miss there is no handshake yet; then one goes before each, in the same step.
    expect(shown.length).toBeGreaterThanOrEqual(5);
    for (const { at, atMs } of shown.slice(1))
      expect(told[at - 1]).toMatchObject({ kind: 'reset-peer', endpoint: RELAY, atMs });
  });

  test('a machine too busy to look does not take that for silence', () => {
    const path = driveToDirect(true);
    path.feed({ kind: 'traffic', isReceived: true });
    path.feed({ kind: 'tunnel-read', endpoint: DIRECT, handshakeAgeMs: 100 });
    path.pass(2000);
    expect(path.state().phase).toBe('direct');
    // Two seconds late, it sees that packets came all the time: the peer's agent alone is silent.
    path.feed({ kind: 'traffic', isReceived: true });
    path.feed({ kind: 'tunnel-read', endpoint: DIRECT, handshakeAgeMs: 100 });
    path.pass(2900);
    expect(path.state().phase).toBe('direct');
    path.feed({ kind: 'tunnel-read', endpoint: DIRECT, handshakeAgeMs: 100 });
    expect(path.state().phase).toBe('fallback');
  });

  test('a slow path is given more time', () => {
    const path = driveToDirect(true);
    const liveness = { ...path.state().liveness, rttMs: 700 };
    const slow = drive({ ...path.state(), liveness });
    slow.feed({ kind: 'traffic', isReceived: true });
    slow.pass(2500);
    expect(slow.state().phase).toBe('direct');
  });

  test.each([
    ['still where it was', DIRECT, 'fallback', 1],
    ['back on the relay by itself', RELAY, 'relayed', 0],
    ['roamed already', OTHER, 'direct', 0],
  ] as const)('a peer that the broker sees elsewhere, %s in the tunnel', (_, endpoint, phase, resets) => {
    const path = driveToDirect(false);
    path.feed({ ...SEEN, reachKey: `endpoint-independent ${DIRECT}` });
    expect(path.feed({ ...SEEN, reachKey: `endpoint-independent ${OTHER}` })).toContainEqual({
      kind: 'read-tunnel',
    });
    path.feed({ kind: 'tunnel-read', endpoint, handshakeAgeMs: 10 });
    expect(path.state().phase).toBe(phase);
    expect(path.of('reset-peer').length).toBe(resets);
  });

  test('a broker that restarted and knows of nobody yet moves no peer, and still sees it move later', () => {
    const path = driveToDirect(false);
    path.feed({ ...SEEN, reachKey: `endpoint-independent ${DIRECT}` });
    expect(path.feed({ ...SEEN, reachKey: 'unknown' })).toEqual([]);
    expect(path.feed({ ...SEEN, reachKey: `endpoint-independent ${OTHER}` })).toContainEqual({
      kind: 'read-tunnel',
    });
  });

  test('seen at another address, old failures do not delay the next try', () => {
    const path = drive(pathOf());
    path.feed({ kind: 'traffic', isReceived: false });
    path.feed({ ...PUNCH, candidates: [] });
    path.pass(5000, answersHeartbeats);
    expect(path.state().upgrade.failures).toBe(1);
    const before = path.of('request-punch').length;
    path.feed({ kind: 'prospects-changed' });
    path.pass(500, answersHeartbeats);
    expect(path.of('request-punch').length).toBe(before + 1);
  });

  test.each([
    ['candidates of the peer', { ...SEEN, reachKey: `endpoint-independent ${OTHER}` }],
    ['our own prospects', { kind: 'prospects-changed' }],
  ] as const)('%s that change during a try have the next one follow at once, and once', (_, news) => {
    const path = drive(pathOf());
    path.feed({ kind: 'traffic', isReceived: false });
    path.feed({ ...PUNCH, candidates: [] });
    path.pass(1000, answersHeartbeats);
    path.feed(news);
    const before = path.of('request-punch').length;
    path.pass(4500, answersHeartbeats);
    expect(path.of('request-punch').length).toBe(before + 1);
    path.feed({ ...PUNCH, candidates: [] });
    path.pass(8000, answersHeartbeats);
    expect([path.state().phase, path.state().upgrade.failures]).toEqual(['relayed', 1]);
    expect(path.of('request-punch').length).toBe(before + 1);
  });

  test('a peer whose agent is silent but whose packets come in is given half a minute', () => {
    const path = driveToDirect(true);
    for (let second = 0; second < 25; second++) {
      path.feed({ kind: 'traffic', isReceived: true });
      path.pass(1000);
    }
    expect(path.state().phase).toBe('direct');
    for (let second = 0; second < 10; second++) {
      path.feed({ kind: 'traffic', isReceived: true });
      path.pass(1000);
    }
    expect(path.state().phase).not.toBe('direct');
  });

  test('an answer through the relay makes it relayed; none makes it down, and later retries', () => {
    const path = driveToDirect(true);
    path.feed({ kind: 'traffic', isReceived: false });
    path.pass(5500);
    const revived = stepPath(path.state(), { kind: 'heartbeat-request', isBusy: false }, path.nowMs()).state;
    expect(revived.phase).toBe('relayed');
    path.pass(20_000);
    expect(path.state().phase).toBe('down');
    expect(path.of('reset-peer').length).toBeGreaterThanOrEqual(2);
  });

  test('a peer that went back to the relay by itself is followed', () => {
    const path = driveToDirect(false);
    path.feed({ kind: 'tunnel-read', endpoint: RELAY, handshakeAgeMs: 10 });
    expect(path.state().phase).toBe('direct');
    path.feed({ kind: 'tunnel-read', endpoint: RELAY, handshakeAgeMs: 10 });
    expect(path.state().phase).toBe('relayed');
  });

  test('a peer that roams is followed', () => {
    const path = driveToDirect(true);
    path.feed({ kind: 'tunnel-read', endpoint: OTHER, handshakeAgeMs: 10 });
    expect(path.state()).toMatchObject({ phase: 'direct', direct: OTHER });
  });

  test('our own move resets onto the relay at once, whoever controls, and probes again soon', () => {
    for (const isController of [true, false]) {
      const path = driveToDirect(isController);
      path.feed({ kind: 'network-changed', left: [4] });
      expect(path.effects.findLast((effect) => 'endpoint' in effect)).toMatchObject({
        kind: 'reset-peer',
        endpoint: RELAY,
      });
      expect(path.state().upgrade.notBeforeMs - path.nowMs()).toBe(T.probeAfterMoveMs);
    }
  });

  test('a move that is noticed after the fallback began has this side make handshakes until one is answered', () => {
    const path = driveToDirect(false);
    path.feed({ kind: 'traffic', isReceived: false });
    for (let waitedMs = 0; path.state().phase === 'direct' && waitedMs < 60_000; waitedMs += 100)
      path.pass(100);
    expect(path.state().phase).toBe('fallback');
    expect(path.of('reset-peer')).toEqual([]);
    path.feed({ kind: 'network-changed', left: [4] });
    path.pass(T.fallbackRetryMs[2] + 100);
    expect(path.of('reset-peer').length).toBeGreaterThanOrEqual(3);
  });

  test('a handshake that was lost while there was no way out is made again when there is one', () => {
    for (const event of [{ kind: 'relay-lost' }, { kind: 'network-changed', left: [] }] as const) {
      const path = driveToDirect(true);
      path.feed({ kind: 'network-changed', left: [4] });
      path.feed({ kind: 'tunnel-read', endpoint: RELAY, handshakeAgeMs: undefined });
      expect(path.state().phase).toBe('fallback');
      expect(path.feed(event)[0]).toEqual({ kind: 'reset-peer', endpoint: RELAY });
    }
  });

  test('out of use, one handshake through the relay puts both sides back there', () => {
    const path = driveToDirect(true);
    path.pass(T.inUseMs + 60_000, answersHeartbeats);
    expect(path.state().phase).toBe('relayed');
    expect(path.of('reset-peer').length).toBe(1);
  });

  test('a broker that restarted has the controller make a new session, if there was one', () => {
    expect(stepPath(pathOf(), { kind: 'relay-lost' }, 1).effects[0]).toMatchObject({ kind: 'reset-peer' });
    expect(stepPath(pathOf({ isController: false }), { kind: 'relay-lost' }, 1).effects).toEqual([]);
    expect(stepPath(pathOf({ handshakeAgeMs: undefined }), { kind: 'relay-lost' }, 1).effects).toEqual([]);
    expect(driveToDirect(true).feed({ kind: 'relay-lost' })).toEqual([]);
  });
});
