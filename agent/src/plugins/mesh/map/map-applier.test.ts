import { systemClock } from '@sidegate/kit';
import { expect, test } from 'vitest';
import { createMapApplier, type MapApplierDeps } from './map-applier.ts';

const NEVER = new AbortController().signal;

test('what asks peers for a sign of life is there before the paths, also where the tunnel is slow to be set', async () => {
  const order: string[] = [];
  const note =
    <T>(what: string, value?: T) =>
    async () => {
      order.push(what);
      return value;
    };
  const map = { self: { role: 'edge' }, peers: [] };
  const facts = { setMap: note('map'), setTunnel: () => {}, setLife: () => {}, setPeers: () => {} };
  const deps = {
    host: { clock: systemClock },
    config: {},
    facts,
    parts: {
      maps: { map: () => map },
      keeper: { read: note('read', []), reconcile: note('reconcile') },
      paths: { ensureHeartbeats: note('heartbeats'), setMap: note('paths') },
    },
    underlay: { current: () => ({}) },
    greeter: { noteInTunnel: () => {}, noteSeenAt: () => false },
    greeting: { notePeers: () => {}, greetIfDue: note('greeting') },
    gate: () => ({ wish: () => {}, isOpen: () => true }),
    signal: NEVER,
  };
  await createMapApplier(deps as unknown as MapApplierDeps).request();
  expect(order).toEqual(['read', 'heartbeats', 'paths', 'reconcile', 'greeting', 'map']);
});
