import { afterEach, expect, test } from 'vitest';
import { button, find, text, type, waitFor } from '../../testing.ts';
import { clearPage, enter, question } from '../testing/open-edge-app.ts';

afterEach(clearPage);

test('a routed network is added and removed; a public one only by who says that it is theirs', async () => {
  const { root, api } = await enter({ path: '/scopes' });
  await type(root, 'Network', '10.0.0.0/8');
  (await button(root, 'Add network')).click();
  await text(root, 'Too large: at most a /16.');
  await type(root, 'Network', '8.8.8.0/24');
  (await button(root, 'Add network')).click();
  const answer = async (name: string) => (await button(await question(), name)).click();
  await answer('Cancel');
  await text(root, 'Code SCOPE_NOT_PRIVATE');
  (await button(root, 'Add network')).click();
  await answer('It is mine: add it');
  await button(root, 'Remove 8.8.8.0/24');
  await type(root, 'Network', '10.30.0.0/24');
  (await button(root, 'Add network')).click();
  (await button(root, 'Remove 10.30.0.0/24')).click();
  await answer('Remove');
  await waitFor('three networks', () => api.data.scopes.size === 3);
});

test('a network nearby is added by a click; one of stray devices by its sender', async () => {
  const { root, api } = await enter({ path: '/scopes' });
  (await button(root, 'Look')).click();
  await text(root, 'Somebody answers at 192.168.100.1');
  (await button(root, 'Add 192.168.100.0/24')).click();
  await waitFor('three networks', () => api.data.scopes.size === 3);
  await waitFor('no suggestion', () => find(root, 'button', 'Add 192.168.100.0/24') === undefined);
  await type(root, 'Network', '192.168.55.0/24');
  (await waitFor('the strays', () => find(root, 'summary', /^Stray devices/))).click();
  await type(root, 'Interface', 'eth0');
  await type(root, 'Sender address', '192.168.55.1');
  (await button(root, 'Add network')).click();
  await text(root, 'Stray devices on eth0, asked as 192.168.55.1');
});

test('a network is scanned by a plan, which is checked before it is sent', async () => {
  const { root, api } = await enter({ path: '/scopes' });
  (await button(root, 'Plan for 192.168.1.0/24')).click();
  await type(root, 'TCP ports', '80, http');
  (await button(root, 'Save')).click();
  await text(root, 'Up to 64 port numbers');
  await type(root, 'TCP ports', '80, 8899');
  await type(root, 'Scan by itself', '21600');
  await type(root, 'Packets per second', '200');
  (await button(root, 'Save')).click();
  await waitFor('the plan', () => [...api.data.scopes.values()][0]?.plan?.everySec === 21_600);
  expect([...api.data.scopes.values()][0]?.plan).toEqual({
    everySec: 21_600,
    ports: [80, 8899],
    packetsPerSec: 200,
  });
  await text(root, 'Every 6 hours');
});
