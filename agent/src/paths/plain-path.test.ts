import type { Endpoint } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { createPath, type PathEffect, type PathEvent } from './path-state.ts';
import { PATH_TIMERS as T } from './path-timers.ts';
import { createPlainWatch, nextPlainTimeMs, stepPlainPath } from './plain-path.ts';

const RELAY = '203.0.113.10:7382' as Endpoint;
const SEEN = '198.51.100.7:40001' as Endpoint;
const ELSEWHERE = '192.0.2.9:1024' as Endpoint;

/** A path to a phone, with time that only tests move. Readings come every second, as the poll makes them. */
const createPhone = (reachKey = `unknown ${SEEN}`) => {
  let nowMs = 1_000;
  let rxBytes = 0;
  let endpoint = RELAY;
  let state = createPath(
    {
      isController: true,
      relay: RELAY,
      isOnline: true,
      canProbe: true,
      reachKey,
      endpoint: RELAY,
      handshakeAgeMs: 1_000,
      plain: createPlainWatch(nowMs),
    },
    nowMs,
  );
  const effects: PathEffect[] = [];
  const step = (event: PathEvent) => {
    const next = stepPlainPath(state, event, nowMs);
    state = next.state;
    effects.push(...next.effects);
  };
  const read = () => step({ kind: 'tunnel-read', endpoint, handshakeAgeMs: 1_000, rxBytes });
  const phone = {
    step,
    phase: () => state.phase,
    why: () => state.transitions.at(-1)?.why,
    /** What was asked for since the last call. */
    take: () => effects.splice(0),
    /** Lets time pass, with timers as they come due and a reading every second. */
    wait(ms: number) {
      const endMs = nowMs + ms;
      let nextReadMs = nowMs + 1_000;
      while (nowMs < endMs) {
        nowMs = Math.min(nextReadMs, nextPlainTimeMs(state, nowMs) ?? nextReadMs, endMs);
        if (nowMs < nextReadMs) step({ kind: 'tick' });
        else {
          read();
          nextReadMs = nowMs + 1_000;
        }
      }
    },
    /** The phone sends something; the tunnel sees where it comes from. */
    hear(from: Endpoint = endpoint) {
      endpoint = from;
      rxBytes += 100;
      step({ kind: 'traffic', isReceived: true });
      read();
    },
    send: () => step({ kind: 'traffic', isReceived: false }),
    move(to: Endpoint) {
      step({ kind: 'peer-changed', isOnline: true, relay: RELAY, reachKey: `unknown ${to}` });
    },
    /** What the kernel shows after a reset. */
    reset() {
      endpoint = RELAY;
      rxBytes = 0;
      read();
    },
  };
  read();
  return phone;
};
const kindsOf = (effects: readonly PathEffect[]) => [...new Set(effects.map(({ kind }) => kind))];

describe('the way to a stock app', () => {
  test('stays on the relay without a word while nothing is sent', () => {
    const phone = createPhone();
    phone.wait(600_000);
    expect([phone.phase(), phone.take()]).toEqual(['relayed', []]);
  });

  test('is knocked at while packets flow, so many times, then ever more seldom; the relay is never given up', () => {
    const phone = createPhone();
    phone.hear();
    phone.wait(5_000);
    const knocks = phone.take();
    expect(kindsOf(knocks)).toEqual(['knock']);
    expect(knocks).toHaveLength(T.knocks);
    expect(knocks[0]).toEqual({ kind: 'knock', to: SEEN });
    for (let second = 0; second < 120; second++) {
      phone.hear();
      phone.wait(1_000);
    }
    const later = phone.take();
    expect(kindsOf(later)).toEqual(['knock']);
    expect(later.length).toBeLessThanOrEqual(4 * T.knocks);
    expect(phone.phase()).toBe('relayed');
  });

  test('is direct once the phone comes in from elsewhere, and nothing has to be set for that', () => {
    const phone = createPhone();
    phone.hear();
    phone.take();
    phone.hear(SEEN);
    expect([phone.phase(), phone.why()]).toEqual(['direct', 'the app reaches us directly']);
    phone.wait(5_000);
    expect(phone.take()).toEqual([]);
  });

  test('falls back with a new handshake when what is sent is not answered, and is relayed when it is', () => {
    const phone = createPhone();
    phone.hear();
    phone.hear(SEEN);
    phone.take();
    for (let second = 0; second <= T.plainSilentMs / 1000; second++) {
      phone.wait(1_000);
      if (phone.phase() === 'direct') phone.send();
    }
    expect(phone.phase()).toBe('fallback');
    expect(phone.take()[0]).toEqual({ kind: 'reset-peer', endpoint: RELAY });
    phone.reset();
    phone.hear(RELAY);
    expect([phone.phase(), phone.why()]).toEqual(['relayed', 'the app answers']);
  });

  test('stays direct while only one side sends: WireGuard answers with keepalives', () => {
    const phone = createPhone();
    phone.hear();
    phone.hear(SEEN);
    phone.take();
    for (let second = 0; second < 60; second++) {
      phone.send();
      if (second % 10 === 9) phone.hear(SEEN);
      phone.wait(1_000);
    }
    expect([phone.phase(), phone.take()]).toEqual(['direct', []]);
  });

  test('is taken back to the relay as soon as the broker sees the phone elsewhere', () => {
    const phone = createPhone();
    phone.hear();
    phone.hear(SEEN);
    phone.take();
    phone.move(ELSEWHERE);
    expect(kindsOf(phone.take())).toEqual(['read-tunnel']);
    phone.wait(1_000);
    expect([phone.phase(), phone.take()]).toEqual(['fallback', [{ kind: 'reset-peer', endpoint: RELAY }]]);
  });

  test('is made anew by us when the broker restarted: the phone hears of nothing', () => {
    const phone = createPhone();
    phone.hear();
    phone.take();
    phone.step({ kind: 'relay-lost' });
    expect(phone.take()).toEqual([{ kind: 'reset-peer', endpoint: RELAY }]);
  });

  test('is neither probed nor asked for heartbeats, whatever is heard', () => {
    const phone = createPhone();
    phone.hear();
    const session = '00'.repeat(8);
    phone.step({ kind: 'punch', session, startInMs: 0, candidates: [] });
    phone.step({ kind: 'ping', session, nonce: session, from: SEEN, isSelect: true });
    phone.step({ kind: 'heartbeat-request', isBusy: true });
    phone.step({ kind: 'network-changed', left: [4] });
    phone.wait(60_000);
    expect(kindsOf(phone.take())).toEqual(expect.not.arrayContaining(['send-heartbeat', 'send-probe']));
  });

  test('is not knocked at where the broker names no place', () => {
    const phone = createPhone('unknown');
    phone.hear();
    phone.wait(5_000);
    expect(phone.take()).toEqual([]);
  });
});
