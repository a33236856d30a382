import { expect, test } from 'vitest';
import type { PermittedPeer } from '../../plugin-api/firewall-wish.ts';
import { mergeWishes } from '../rules/firewall-plan.ts';
import { TECHNICIAN, tunnelWish, WEB_WISH } from '../testing/sample-wishes.ts';
import { revokedConnections } from './revoked-connections.ts';

const source = TECHNICIAN.address4;
const planWith = (...inbound: readonly PermittedPeer['inbound'][]) => {
  const { tunnel } = tunnelWish();
  const peers = inbound.map((one) => ({ ...TECHNICIAN, inbound: one }));
  return mergeWishes([{ tunnel: { ...tunnel!, peers } }, WEB_WISH]);
};
const ALL = planWith({ kind: 'all' });
const PAGE = planWith({ kind: 'ports', ports: [{ protocol: 'tcp', from: 80, to: 80 }] });
const NONE = planWith({ kind: 'none' });

test('who may open nothing any more, or is not there, loses everything', () => {
  for (const after of [NONE, planWith()]) expect(revokedConnections(ALL, after)).toEqual([{ source }]);
  expect(revokedConnections(NONE, planWith())).toEqual([]);
});

test('who may open less loses what is closed, by both ports of a service neither', () => {
  expect(revokedConnections(ALL, PAGE)).toEqual([
    { protocol: 'tcp', port: 0, lastPort: 79, source },
    { protocol: 'tcp', port: 81, lastPort: 7379, source },
    { protocol: 'tcp', port: 7381, lastPort: 65_535, source },
    { protocol: 'udp', port: 0, lastPort: 65_535, source },
    { protocol: 'icmp', source },
  ]);
});

test('an agent that has just started lets nothing go on that policy does not permit', () => {
  for (const before of [undefined, mergeWishes([])])
    expect(revokedConnections(before, PAGE)).toEqual(revokedConnections(ALL, PAGE));
  expect(revokedConnections(undefined, NONE)).toEqual([{ source }]);
  expect(revokedConnections(undefined, ALL)).toEqual([]);
});

test('nobody loses anything to a wider policy, to the same one, or to a tunnel that is down', () => {
  expect(revokedConnections(PAGE, ALL)).toEqual([]);
  expect(revokedConnections(PAGE, structuredClone(PAGE))).toEqual([]);
  expect(revokedConnections(ALL, mergeWishes([]))).toEqual([]);
});
