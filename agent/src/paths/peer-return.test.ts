import { describe, expect, test } from 'vitest';
import { PATH_TIMERS as T } from './path-timers.ts';
import {
  answersAll,
  answersHeartbeats,
  drive,
  driveToDirect,
  PUNCH,
  pathOf,
  RELAY,
  readsOnly,
} from './testing/driven-path.ts';

const PEER = { kind: 'peer-changed', relay: RELAY, reachKey: '' } as const;
const [LEFT, BACK] = [
  { ...PEER, isOnline: false },
  { ...PEER, isOnline: true },
];

describe.each([true, false])('a peer that goes and comes back (controller: %s)', (isController) => {
  const patienceMs = isController ? T.returnMs.controller : T.returnMs.other;

  test('is asked at once, and left alone when it answers', () => {
    const path = driveToDirect(isController);
    path.feed(LEFT);
    for (const effect of path.feed(BACK)) {
      expect(effect.kind).toBe('send-heartbeat');
      answersHeartbeats(effect, path.feed);
    }
    const [resets, sets] = [path.of('reset-peer').length, path.of('set-endpoint').length];
    path.pass(10_000, answersAll);
    expect(path.state().phase).toBe('direct');
    expect(path.of('reset-peer')).toHaveLength(resets);
    expect(path.of('set-endpoint')).toHaveLength(sets);
  });

  test('and does not answer on the direct path, gets a new session through the relay, soon', () => {
    const path = driveToDirect(isController);
    path.feed(LEFT);
    path.feed(BACK);
    const [backAtMs, before] = [path.nowMs(), path.of('reset-peer').length];
    path.pass(patienceMs - 1);
    expect(path.state().phase).toBe('direct');
    path.pass(1);
    expect(path.state().transitions.at(-1)?.why).toBe('the peer is back without our session');
    expect(path.of('reset-peer').slice(before)).toEqual([
      { kind: 'reset-peer', endpoint: RELAY, atMs: backAtMs + patienceMs },
    ]);
  });

  test('and whose packets come in all the time, is left alone: its agent was away, not its kernel', () => {
    const path = driveToDirect(isController);
    const before = path.of('reset-peer').length;
    path.feed(LEFT);
    path.feed({ kind: 'traffic', isReceived: true });
    path.feed(BACK);
    for (let second = 0; second < 5; second++) {
      path.pass(1_000);
      path.feed({ kind: 'traffic', isReceived: true });
    }
    expect(path.state().phase).toBe('direct');
    expect(path.of('reset-peer')).toHaveLength(before);
  });

  test('and was given up meanwhile, gets one although it would be the other side’s to make', () => {
    const path = driveToDirect(isController);
    path.feed(LEFT);
    path.pass(15_000);
    expect(path.state().phase).toBe('down');
    const before = path.of('reset-peer').length;
    path.feed(BACK);
    const backAtMs = path.nowMs();
    path.pass(T.fallbackRetryMs[0]);
    const made = path.of('reset-peer').slice(before);
    expect(made[0]).toEqual({
      kind: 'reset-peer',
      endpoint: RELAY,
      atMs: isController ? backAtMs : backAtMs + T.fallbackRetryMs[0],
    });
  });
});

test('a peer that went and came several times is direct again as soon as after the first', () => {
  const path = driveToDirect(true);
  for (let time = 0; time < 5; time++) {
    path.feed(LEFT);
    path.pass(4_000, readsOnly(path));
    expect(path.state().phase).toBe('fallback');
    path.feed(BACK);
    const backAtMs = path.nowMs();
    path.feed({ kind: 'traffic', isReceived: true });
    path.pass(500, answersHeartbeats);
    expect(path.of('request-punch').at(-1)?.atMs).toBeGreaterThanOrEqual(backAtMs);
    path.feed(PUNCH);
    path.pass(4_000, answersAll);
    expect(path.state().phase).toBe('direct');
  }
});

test('a peer that nobody talks to comes back without a packet', () => {
  const path = drive(pathOf());
  path.feed(LEFT);
  expect(path.feed(BACK)).toEqual([]);
  path.pass(10_000);
  expect(path.effects).toEqual([]);
});
