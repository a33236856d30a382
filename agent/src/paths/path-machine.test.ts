import type { Endpoint } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { PATH_TIMERS as T } from './path-timers.ts';
import {
  answersAll,
  answersHeartbeats,
  DIRECT,
  drive,
  driveToDirect,
  OTHER,
  PUNCH,
  pathOf,
  REFLEXIVE,
  RELAY,
  SESSION,
} from './testing/driven-path.ts';

describe('becoming direct', () => {
  test('an idle pair asks for nothing', () => {
    const path = drive(pathOf());
    path.pass(600_000);
    expect(path.effects).toEqual([]);
    expect(path.state().phase).toBe('relayed');
  });

  test('the controller asks for one punch as soon as packets flow; the other side does not ask', () => {
    for (const isController of [true, false]) {
      const path = drive(pathOf({ isController }));
      path.feed({ kind: 'traffic', isReceived: false });
      path.pass(1000, answersHeartbeats);
      expect(path.of('request-punch').length).toBe(isController ? 1 : 0);
    }
  });

  test('without port sharing nothing is asked and a punch is ignored', () => {
    const path = drive(pathOf({ canProbe: false }));
    path.feed({ kind: 'traffic', isReceived: false });
    path.feed(PUNCH);
    path.pass(5000, answersHeartbeats);
    expect(path.of('request-punch')).toEqual([]);
    expect(path.of('send-probe')).toEqual([]);
    expect(path.state().phase).toBe('relayed');
  });

  test.each([true, false])(
    'a peer that answers becomes direct within two seconds (controller: %s)',
    (isController) => {
      const path = driveToDirect(isController);
      expect(path.state().phase).toBe('direct');
      expect(path.state().direct).toBe(DIRECT);
      expect(path.state().sinceMs).toBeLessThan(2500);
      expect(path.state().transitions.map(({ to }) => to)).toEqual([
        'relayed',
        'probing',
        'switching',
        'direct',
      ]);
    },
  );

  test('pings leave at the offsets of the design, to every candidate', () => {
    const path = drive(pathOf());
    path.feed({
      kind: 'punch',
      session: SESSION,
      startInMs: 0,
      candidates: [REFLEXIVE, { kind: 'static', endpoint: OTHER }],
    });
    path.pass(5000);
    const pings = path.of('send-probe').filter(({ type }) => type === 'ping');
    for (const to of [DIRECT, OTHER])
      expect(pings.filter((ping) => ping.to === to).map(({ atMs }) => atMs)).toEqual(T.probeOffsetsMs);
    expect(path.state().phase).toBe('relayed');
  });

  test('switching tells WireGuard the endpoint seven times in 1.2 s', () => {
    const sets = driveToDirect(true)
      .of('set-endpoint')
      .map(({ atMs, endpoint }) => [atMs, endpoint]);
    const [[firstAtMs]] = sets as [[number, Endpoint]];
    expect(sets).toEqual([0, 200, 400, 600, 800, 1000, 1200].map((atMs) => [firstAtMs + atMs, DIRECT]));
  });

  test('a switch that the kernel does not hold is rolled back and tried later', () => {
    const path = drive(pathOf());
    path.feed({ kind: 'traffic', isReceived: false });
    path.feed(PUNCH);
    path.pass(8000, (effect, feed) => {
      answersAll(effect, feed);
      if (effect.kind === 'read-tunnel') feed({ kind: 'tunnel-read', endpoint: RELAY, handshakeAgeMs: 100 });
    });
    expect(path.state().phase).toBe('relayed');
    expect(path.of('set-endpoint').at(-1)?.endpoint).toBe(RELAY);
    expect(path.state().upgrade.failures).toBe(1);
  });

  test('failed tries come at growing distances, soon so far apart that routers forget', () => {
    const path = drive(pathOf());
    for (let second = 0; second < 600; second++) {
      path.feed({ kind: 'traffic', isReceived: false });
      path.pass(1000, (effect, feed) => {
        answersHeartbeats(effect, feed);
        if (effect.kind === 'request-punch') feed({ ...PUNCH, startInMs: 0 });
      });
    }
    // The first wish went unanswered, which is no failed try yet: it is repeated soon.
    const [unanswered, ...asked] = path.of('request-punch').map(({ atMs }) => atMs);
    expect(asked[0]! - unanswered!).toBeLessThanOrEqual(T.punchAnswerMs + T.probeAfterFallbackMs);
    const pausesMs = asked.slice(1).map((atMs, at) => atMs - asked[at]! - T.probeMaxMs);
    for (const [at, expectedMs] of [30_000, 130_000, 130_000].entries()) {
      expect(pausesMs[at]).toBeGreaterThanOrEqual(expectedMs);
      expect(pausesMs[at]).toBeLessThanOrEqual(expectedMs + 1000);
    }
  });
});

describe('probes', () => {
  test('a ping outside the broker’s session is not even answered', () => {
    const path = drive(pathOf());
    path.feed({ kind: 'ping', session: SESSION, nonce: '00', from: DIRECT, isSelect: true });
    path.feed(PUNCH);
    path.feed({ kind: 'ping', session: 'ffffffffffffffff', nonce: '00', from: DIRECT, isSelect: false });
    expect(path.of('send-probe').filter(({ type }) => type === 'pong')).toEqual([]);
  });

  test('a selection counts only for an endpoint that answered us', () => {
    const path = drive(pathOf({ isController: false }));
    path.feed({ ...PUNCH, startInMs: 0 });
    path.pass(50);
    path.feed({ kind: 'ping', session: SESSION, nonce: '00', from: OTHER, isSelect: true });
    expect(path.state().phase).toBe('probing');
    path.pass(1);
    const ping = path.of('send-probe').find(({ type, to }) => type === 'ping' && to === OTHER);
    path.feed({ kind: 'pong', session: SESSION, nonce: ping?.nonce ?? '', from: OTHER });
    expect(path.state()).toMatchObject({ phase: 'switching', direct: OTHER });
  });

  test('an answer from another address than the ping went to verifies nothing', () => {
    const path = drive(pathOf());
    path.feed({ ...PUNCH, startInMs: 0 });
    path.pass(4500, (effect, feed) => {
      if (effect.kind === 'send-probe')
        feed({ kind: 'pong', session: effect.session, nonce: effect.nonce, from: OTHER });
    });
    expect(path.state().phase).toBe('relayed');
    expect(path.of('set-endpoint')).toEqual([]);
  });

  test('at most four addresses are learned from pings', () => {
    const path = drive(pathOf({ isController: false }));
    path.feed({ ...PUNCH, startInMs: 0 });
    for (let port = 1024; port < 1100; port++)
      path.feed({
        kind: 'ping',
        session: SESSION,
        nonce: '00',
        from: `198.51.100.9:${port}` as Endpoint,
        isSelect: false,
      });
    expect(path.state().probe?.candidates.length).toBe(5);
  });
});

test('an interface that outlived the agent keeps its direct peers', () => {
  const path = drive(pathOf({ endpoint: DIRECT }));
  path.pass(1000, answersHeartbeats);
  expect(path.state().phase).toBe('direct');
  expect(path.effects.filter(({ kind }) => kind !== 'send-heartbeat')).toEqual([]);
});

test('what is found is believed until the readings tell, though the broker sees the peer come back meanwhile', () => {
  const path = drive(pathOf({ endpoint: DIRECT, isOnline: false }));
  path.feed({ kind: 'peer-changed', isOnline: true, relay: RELAY, reachKey: '' });
  path.pass(2400);
  expect(path.state().phase).toBe('direct');
  path.pass(3000);
  expect(path.state().phase).toBe('fallback');
});
