import { createVirtualClock } from '@sidegate/kit';
import type { Endpoint, PublicKey } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import { startRelayWatch } from './relay-watch.ts';

const OWN = { publicKey: 'own' as PublicKey, isPrivate: true, endpoint: '198.51.100.20:7383' as Endpoint };
const BROKER = {
  publicKey: 'broker' as PublicKey,
  isPrivate: false,
  endpoint: '203.0.113.1:7382' as Endpoint,
};

const setUp = () => {
  const clock = createVirtualClock();
  const delays = new Map<Endpoint, number>([
    [OWN.endpoint, 2],
    [BROKER.endpoint, 3],
  ]);
  const changes: string[] = [];
  const sent: Endpoint[] = [];
  const inUse = new Set<Endpoint>();
  const watch = startRelayWatch({
    clock,
    sendEcho(nonce, to) {
      sent.push(to);
      const delayMs = delays.get(to);
      if (delayMs !== undefined) clock.after(delayMs, () => watch.noteEchoed(nonce, to));
    },
    isInUse: (endpoint) => inUse.has(endpoint),
    onChanged: (relays) => void changes.push(relays.join(' ')),
  });
  return { clock, delays, changes, sent, inUse, watch };
};

test('relays are found within two seconds, the account’s own first where all are near', async () => {
  const { clock, watch, changes } = setUp();
  watch.setTargets([BROKER, OWN]);
  await clock.advance(1_100);
  expect(watch.current()).toEqual(['own', 'broker']);
  expect(changes.at(-1)).toBe('own broker');
});

test('a relay in use that dies is noticed within two seconds', async () => {
  const { clock, watch, delays, inUse, changes } = setUp();
  watch.setTargets([BROKER, OWN]);
  inUse.add(OWN.endpoint);
  await clock.advance(5_000);
  delays.delete(OWN.endpoint);
  await clock.advance(2_000);
  expect(watch.current()).toEqual(['broker']);
  delays.set(OWN.endpoint, 2);
  await clock.advance(3_100);
  expect(changes.slice(-2)).toEqual(['broker', 'broker own']);
  await clock.advance(4_500);
  expect(changes.at(-1)).toBe('own broker');
});

test('one lost echo is no dead relay', async () => {
  const { clock, watch, delays, inUse, changes } = setUp();
  watch.setTargets([BROKER, OWN]);
  inUse.add(OWN.endpoint);
  await clock.advance(2_100);
  delays.delete(OWN.endpoint);
  await clock.advance(500);
  delays.set(OWN.endpoint, 2);
  await clock.advance(5_000);
  expect(changes.at(-1)).toBe('own broker');
});

test('relays that nobody uses are asked every twenty seconds, and nothing at all without relays', async () => {
  const { clock, watch, sent } = setUp();
  await clock.advance(60_000);
  expect(sent).toEqual([]);
  watch.setTargets([BROKER, OWN]);
  await clock.advance(60_000);
  expect(sent.length).toBeLessThanOrEqual(12);
  watch.setTargets([]);
  const before = sent.length;
  await clock.advance(60_000);
  expect(sent.length).toBe(before);
  expect(watch.current()).toEqual([]);
});

test('a busy moment is no distance, a lasting change is', async () => {
  const { clock, watch, delays, inUse } = setUp();
  watch.setTargets([BROKER, OWN]);
  inUse.add(OWN.endpoint);
  await clock.advance(3_000);
  delays.set(OWN.endpoint, 60);
  await clock.advance(1_000);
  expect(watch.current()).toEqual(['own', 'broker']);
  await clock.advance(9_000);
  expect(watch.current()).toEqual(['broker', 'own']);
});

test('an answer with a nonce of nobody, or from elsewhere, counts for nothing', async () => {
  const { clock, watch, delays } = setUp();
  delays.clear();
  watch.setTargets([OWN]);
  await clock.advance(100);
  watch.noteEchoed('00'.repeat(8), OWN.endpoint);
  expect(watch.current()).toEqual([]);
});
