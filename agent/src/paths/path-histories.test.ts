import type { Endpoint } from '@sidegate/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextPathTimeMs, type PathEffect, type PathEvent } from './path-machine.ts';
import { PATH_TIMERS as T, TRANSITIONS_KEPT } from './path-timers.ts';
import { DIRECT, type DrivenPath, drive, OTHER, pathOf, RELAY, SESSION } from './testing/driven-path.ts';

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
interface History {
  readonly isController: boolean;
  readonly steps: readonly (readonly [waitMs: number, event: PathEvent])[];
}
const histories: fc.Arbitrary<History> = fc.record({
  isController: fc.boolean(),
  steps: fc.array(fc.tuple(fc.nat(6000), events), { maxLength: 60 }),
});

/** A path that lived through a history; `look` sees it and what it did after each event. */
const live = (
  { isController, steps }: History,
  look: (path: DrivenPath, effects: readonly PathEffect[]) => void = () => {},
): DrivenPath => {
  const path = drive(pathOf({ isController }));
  for (const [ms, event] of steps) {
    path.pass(ms);
    look(path, path.feed(event));
  }
  return path;
};

test('whatever happens: nothing throws, effects stay few, the log stays short', () => {
  fc.assert(
    fc.property(histories, (history) => {
      live(history, (path, effects) => {
        // Twelve candidates and four learned, a pong, a heartbeat or two, an endpoint.
        expect(effects.length).toBeLessThanOrEqual(22);
        expect(path.state().transitions.length).toBeLessThanOrEqual(TRANSITIONS_KEPT);
      });
    }),
    { numRuns: 300 },
  );
});

test('no phase is a trap: left alone, every history ends relayed, direct or down, and quiet', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const path = live(history);
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
    fc.property(histories, (history) => {
      live(history, (path) => {
        path.feed({ kind: 'tick' });
        const dueMs = nextPathTimeMs(path.state(), path.nowMs());
        if (dueMs !== undefined) expect(dueMs).toBeGreaterThan(path.nowMs());
      });
    }),
    { numRuns: 300 },
  );
});
