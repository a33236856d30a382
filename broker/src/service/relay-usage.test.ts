import { expect, test } from 'vitest';
import { createRelayUsage, monthAt } from './relay-usage.ts';
import { createTestService } from './testing/create-test-service.ts';

test('relayed bytes are counted by month, shown in the portal, and outlive a restart', async () => {
  const world = await createTestService();
  const { store, service, clock, owner } = world;
  const [edge, laptop] = [
    await world.addNode(owner, 'edge', 'alder'),
    await world.addNode(owner, 'client', 'laptop'),
  ];
  service.beaconEvents.onRelayed?.(edge.id, laptop.id, 1_000);
  service.beaconEvents.onRelayed?.(edge.id, laptop.id, 500);
  service.beaconEvents.onRelayed?.(laptop.id, edge.id, 7);
  expect(service.nodes.get(owner, edge.id).relayedBytes).toBe(1_500);
  await service.relayUsage.flush();
  service.beaconEvents.onRelayed?.(edge.id, laptop.id, 1);
  await service.relayUsage.flush();

  let laterMs = 0;
  const later = { ...clock, wallMs: () => clock.wallMs() + laterMs };
  const after = await createRelayUsage({ store, registry: service.registry, clock: later });
  expect(after.bytesOf(edge.id)).toBe(1_501);
  expect(after.bytesOf(laptop.id)).toBe(7);
  laterMs = 40 * 86_400_000;
  expect(after.bytesOf(edge.id)).toBe(0);
  await world.stop();
});

test('an account that relayed all it may is stopped, says so, and goes on with the next month', async () => {
  const world = await createTestService();
  const { store, service, clock, owner } = world;
  const edge = await world.addNode(owner, 'edge', 'alder');
  const laptop = await world.addNode(owner, 'client', 'laptop');
  let laterMs = 0;
  const later = { ...clock, wallMs: () => clock.wallMs() + laterMs };
  const { registry } = service;
  const usage = await createRelayUsage({ store, registry, clock: later, quotaBytes: 1_000 });
  usage.onRelayed(edge.id, laptop.id, 600);
  expect(usage.hasUsedUp(edge.id)).toBe(false);
  usage.onRelayed(laptop.id, edge.id, 400);
  expect([usage.hasUsedUp(edge.id), usage.hasUsedUp(laptop.id)]).toEqual([true, true]);
  await usage.flush();
  const after = await createRelayUsage({ store, registry, clock: later, quotaBytes: 1_000 });
  expect(after.hasUsedUp(edge.id)).toBe(true);
  expect(await store.relayUsage.listAccounts(monthAt(later.wallMs()))).toMatchObject([
    { label: 'acme', bytes: 1_000 },
  ]);
  laterMs = 40 * 86_400_000;
  expect(after.hasUsedUp(edge.id)).toBe(false);
  await world.stop();
});
