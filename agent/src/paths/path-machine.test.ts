import type { Candidate, Endpoint } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createPath,
  nextPathTimeMs,
  type PathEffect,
  type PathEvent,
  type PathState,
  stepPath,
} from './path-machine.ts';
import { PATH_TIMERS as T, TRANSITIONS_KEPT } from './path-timers.ts';

const RELAY = '203.0.113.1:7382' as Endpoint;
const DIRECT = '198.51.100.7:40001' as Endpoint;
const OTHER = '198.51.100.7:40002' as Endpoint;
const SESSION = '0011223344556677';
const reflexive: Candidate = { kind: 'reflexive', endpoint: DIRECT };

const pathOf = (options: Partial<Parameters<typeof createPath>[0]> = {}): PathState =>
  createPath(
    {
      isController: true,
      relay: RELAY,
      isOnline: true,
      canProbe: true,
      reachKey: '',
      endpoint: RELAY,
      handshakeAgeMs: 1000,
      ...options,
    },
    0,
  );

/** A path with a clock: runs what is due, answers what the test wants answered. */
const drive = (start: PathState) => {
  let state = start;
  let nowMs = 0;
  const effects: (PathEffect & { atMs: number })[] = [];
  const feed = (event: PathEvent) => {
    const step = stepPath(state, event, nowMs);
    state = step.state;
    effects.push(...step.effects.map((effect) => ({ ...effect, atMs: nowMs })));
    return step.effects;
  };
  return {
    feed,
    effects,
    state: () => state,
    nowMs: () => nowMs,
    of: <K extends PathEffect['kind']>(kind: K) =>
      effects.filter((effect) => effect.kind === kind) as (Extract<PathEffect, { kind: K }> & {
        atMs: number;
      })[],
    /** Lets time pass; `answer` hears each effect and may feed events. */
    pass(ms: number, answer: (effect: PathEffect, feed: (event: PathEvent) => void) => void = () => {}) {
      const end = nowMs + ms;
      for (let turn = 0; turn < 10_000; turn++) {
        const dueMs = nextPathTimeMs(state, nowMs);
        if (dueMs === undefined || dueMs > end) break;
        nowMs = Math.max(nowMs, dueMs);
        for (const effect of feed({ kind: 'tick' })) answer(effect, feed);
      }
      nowMs = end;
    },
  };
};
const answersHeartbeats = (effect: PathEffect, feed: (event: PathEvent) => void) => {
  if (effect.kind === 'send-heartbeat') feed({ kind: 'heartbeat-answer', id: effect.id });
};
const readsDirect = (effect: PathEffect, feed: (event: PathEvent) => void) => {
  answersHeartbeats(effect, feed);
  if (effect.kind === 'read-tunnel') feed({ kind: 'tunnel-read', endpoint: DIRECT, handshakeAgeMs: 100 });
};
/** A peer that answers everything from `DIRECT`. */
const answersAll = (effect: PathEffect, feed: (event: PathEvent) => void) => {
  readsDirect(effect, feed);
  if (effect.kind === 'send-probe' && effect.type !== 'pong' && effect.to === DIRECT)
    feed({ kind: 'pong', session: effect.session, nonce: effect.nonce, from: DIRECT });
};
const punch: PathEvent = { kind: 'punch', session: SESSION, startInMs: 150, candidates: [reflexive] };

const driveToDirect = (isController: boolean) => {
  const path = drive(pathOf({ isController }));
  path.feed({ kind: 'traffic', isReceived: false });
  path.feed(punch);
  if (isController) path.pass(4000, answersAll);
  else {
    path.pass(400, answersAll);
    path.feed({ kind: 'ping', session: SESSION, nonce: '0000000000007fff', from: DIRECT, isSelect: true });
    path.pass(3000, answersAll);
  }
  return path;
};

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
    path.feed(punch);
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
      candidates: [reflexive, { kind: 'static', endpoint: OTHER }],
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
    path.feed(punch);
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
        if (effect.kind === 'request-punch') feed({ ...punch, startInMs: 0 });
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
    path.feed(punch);
    path.feed({ kind: 'ping', session: 'ffffffffffffffff', nonce: '00', from: DIRECT, isSelect: false });
    expect(path.of('send-probe').filter(({ type }) => type === 'pong')).toEqual([]);
  });

  test('a selection counts only for an endpoint that answered us', () => {
    const path = drive(pathOf({ isController: false }));
    path.feed({ ...punch, startInMs: 0 });
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
    path.feed({ ...punch, startInMs: 0 });
    path.pass(4500, (effect, feed) => {
      if (effect.kind === 'send-probe')
        feed({ kind: 'pong', session: effect.session, nonce: effect.nonce, from: OTHER });
    });
    expect(path.state().phase).toBe('relayed');
    expect(path.of('set-endpoint')).toEqual([]);
  });

  test('at most four addresses are learned from pings', () => {
    const path = drive(pathOf({ isController: false }));
    path.feed({ ...punch, startInMs: 0 });
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
    path.pass(1000);
    expect(path.of('show-mapping').map(({ atMs }) => atMs - sinceMs)).toEqual([expect.any(Number)]);
    expect(path.of('show-mapping')[0]!.atMs - sinceMs).toBeLessThanOrEqual(800);
    path.pass(4000);
    const resets = path.of('reset-peer').map(({ atMs }) => atMs - sinceMs);
    expect(resets[0]).toBeLessThan(2000);
    expect(resets.map((atMs) => atMs - resets[0]!)).toEqual([0, 350, 1000, 2200, 3600]);
    // The relay may be what is gone: one of them goes where the peer was.
    const places = path.of('reset-peer').map((effect) => 'endpoint' in effect && effect.endpoint);
    expect(places.slice(0, 4)).toEqual([RELAY, RELAY, DIRECT, RELAY]);
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
    const peer = { kind: 'peer-changed', isOnline: true, relay: RELAY } as const;
    path.feed({ ...peer, reachKey: `endpoint-independent ${DIRECT}` });
    expect(path.feed({ ...peer, reachKey: `endpoint-independent ${OTHER}` })).toContainEqual({
      kind: 'read-tunnel',
    });
    path.feed({ kind: 'tunnel-read', endpoint, handshakeAgeMs: 10 });
    expect(path.state().phase).toBe(phase);
    expect(path.of('reset-peer').length).toBe(resets);
  });

  test('a broker that restarted and knows of nobody yet moves no peer, and still sees it move later', () => {
    const path = driveToDirect(false);
    const peer = { kind: 'peer-changed', isOnline: true, relay: RELAY } as const;
    path.feed({ ...peer, reachKey: `endpoint-independent ${DIRECT}` });
    expect(path.feed({ ...peer, reachKey: 'unknown' })).toEqual([]);
    expect(path.feed({ ...peer, reachKey: `endpoint-independent ${OTHER}` })).toContainEqual({
      kind: 'read-tunnel',
    });
  });

  test('seen at another address, old failures do not delay the next try', () => {
    const path = drive(pathOf());
    path.feed({ kind: 'traffic', isReceived: false });
    path.feed({ ...punch, candidates: [] });
    path.pass(5000, answersHeartbeats);
    expect(path.state().upgrade.failures).toBe(1);
    const before = path.of('request-punch').length;
    path.feed({ kind: 'mapping-changed' });
    path.pass(500, answersHeartbeats);
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

test('an interface that outlived the agent keeps its direct peers', () => {
  const path = drive(pathOf({ endpoint: DIRECT }));
  path.pass(1000, answersHeartbeats);
  expect(path.state().phase).toBe('direct');
  expect(path.effects.filter(({ kind }) => kind !== 'send-heartbeat')).toEqual([]);
});

const endpoints = fc.constantFrom(RELAY, DIRECT, OTHER, '192.168.1.9:5000' as Endpoint);
const sessions = fc.constantFrom(SESSION, 'ffffffffffffffff');
const nonces = fc.constantFrom(
  '0000000000000000',
  '0000000000000001',
  '0000000000007fff',
  '0000000100000000',
);
const candidates = fc.array(
  fc.record({ kind: fc.constantFrom('lan' as const, 'reflexive' as const), endpoint: endpoints }),
  { maxLength: 12 },
);
const events: fc.Arbitrary<PathEvent> = fc.oneof(
  fc.constant({ kind: 'tick' } as const),
  fc.record({ kind: fc.constant('traffic' as const), isReceived: fc.boolean() }),
  fc.constant({ kind: 'relay-lost' } as const),
  fc.record({
    kind: fc.constant('tunnel-read' as const),
    endpoint: fc.option(endpoints, { nil: undefined }),
    handshakeAgeMs: fc.option(fc.nat(400_000), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('peer-changed' as const),
    isOnline: fc.boolean(),
    relay: fc.constantFrom(RELAY, OTHER),
    reachKey: fc.constantFrom('a', 'b'),
  }),
  fc.record({ kind: fc.constant('probing-changed' as const), canProbe: fc.boolean() }),
  fc.record({ kind: fc.constant('punch' as const), session: sessions, startInMs: fc.nat(500), candidates }),
  fc.constant({ kind: 'punch-failed', why: 'X' } as const),
  fc.record({
    kind: fc.constant('ping' as const),
    session: sessions,
    nonce: nonces,
    from: endpoints,
    isSelect: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('pong' as const), session: sessions, nonce: nonces, from: endpoints }),
  fc.record({ kind: fc.constant('heartbeat-request' as const), isBusy: fc.boolean() }),
  fc.record({ kind: fc.constant('heartbeat-answer' as const), id: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('network-changed' as const), left: fc.subarray([4, 6] as const) }),
);
const histories = fc.record({
  isController: fc.boolean(),
  steps: fc.array(fc.tuple(fc.nat(6000), events), { maxLength: 60 }),
});

test('whatever happens: nothing throws, effects stay few, the log stays short', () => {
  fc.assert(
    fc.property(histories, ({ isController, steps }) => {
      const path = drive(pathOf({ isController }));
      for (const [ms, event] of steps) {
        path.pass(ms);
        // Twelve candidates and four learned, a pong, a heartbeat or two, an endpoint.
        expect(path.feed(event).length).toBeLessThanOrEqual(22);
        expect(path.state().transitions.length).toBeLessThanOrEqual(TRANSITIONS_KEPT);
      }
    }),
    { numRuns: 300 },
  );
});

test('no phase is a trap: left alone, every history ends relayed, direct or down, and quiet', () => {
  fc.assert(
    fc.property(histories, ({ isController, steps }) => {
      const path = drive(pathOf({ isController }));
      for (const [ms, event] of steps) {
        path.pass(ms);
        path.feed(event);
      }
      path.pass(T.inUseMs + 120_000);
      expect(['relayed', 'direct', 'down']).toContain(path.state().phase);
      const before = path.effects.length;
      path.pass(3_600_000);
      expect(path.effects.length - before).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test('a wake-up is never in the past twice: each tick makes progress', () => {
  fc.assert(
    fc.property(histories, ({ isController, steps }) => {
      const path = drive(pathOf({ isController }));
      for (const [ms, event] of steps) {
        path.pass(ms);
        path.feed(event);
        path.feed({ kind: 'tick' });
        const dueMs = nextPathTimeMs(path.state(), path.nowMs());
        if (dueMs !== undefined) expect(dueMs).toBeGreaterThan(path.nowMs());
      }
    }),
    { numRuns: 300 },
  );
});
