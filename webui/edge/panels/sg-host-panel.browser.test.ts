import { afterEach, expect, test } from 'vitest';
import { allElements, button, find, heading, link, text, type, waitFor } from '../../testing.ts';
import { clearPage, enter, question } from '../testing/open-edge-app.ts';

afterEach(clearPage);

test('one click publishes a service; its address can be opened and copied', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  await heading(root, 'front-door-camera');
  (await button(root, 'Publish http on port 80')).click();
  const published = await link(root, 'http://alder.acme.sidegate.internal:8002/');
  expect(published.href).toBe('http://alder.acme.sidegate.internal:8002/');
  expect(published.rel).toContain('noopener');
  expect([...api.data.forwards.values()].at(-1)).toMatchObject({ targetPort: 80, protocol: 'tcp' });
  await heading(root, 'Forwards to this host');
  expect(find(root, 'button', 'Publish http on port 80')).toBeUndefined();
});

test('a host gets an address of its own with a click, and loses it', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Give it an address of its own')).click();
  const place = await link(root, 'front-door-camera.alder.acme.sidegate.internal');
  expect(place.href).toBe('http://front-door-camera.alder.acme.sidegate.internal/');
  expect(find(root, 'button', 'Give it an address of its own')).toBeUndefined();
  (await button(root, 'Remove address of front-door-camera')).click();
  (await button(await question(), 'Remove')).click();
  await waitFor('one address', () => api.data.addresses.size === 1);
  await button(root, 'Give it an address of its own');
});

test('an address is previewed before it is given', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Preview')).click();
  await text(document, 'front-door-camera.alder.acme.sidegate.internal would lead to 192.');
  expect(api.data.addresses.size).toBe(1);
  (await button(await question(), 'Give it an address of its own')).click();
  await waitFor('two addresses', () => api.data.addresses.size === 2);
});

test('what is suggested is published by a click', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Publish Video (port 554)')).click();
  await waitFor('a forward', () => [...api.data.forwards.values()].at(-1)?.targetPort === 554);
  await waitFor('no suggestion', () => find(root, 'button', 'Publish Video (port 554)') === undefined);
});

test('text of a device stays text', async () => {
  const { root } = await enter({ path: '/hosts' });
  (await link(root, '192.168.1.60')).click();
  await text(root, '<img src=x onerror=alert(1)>');
  expect(allElements(root).some((element) => element instanceof HTMLImageElement)).toBe(false);
});

test('a host is renamed', async () => {
  const { root } = await enter({ path: '/hosts' });
  (await link(root, '192.168.1.60')).click();
  (await button(root, 'Name and note')).click();
  await type(root, 'Your name for it', 'Doorbell');
  (await button(root, 'Save')).click();
  await heading(root, 'Doorbell');
});

test('a host is forgotten, unless a forward leads to it', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  const forget = async (name: RegExp) => {
    (await link(root, name)).click();
    (await button(root, 'Forget')).click();
    (await button(await question(), 'Forget')).click();
  };
  await forget(/^garden-camera/);
  await text(root, '(HOST_IN_USE)');
  (await link(root, 'Hosts')).click();
  await forget(/^workstation/);
  await waitFor('twelve hosts', () => api.data.hosts.size === 12);
  await waitFor('the list', () => find(root, 'h2', 'Hosts'));
});

test('a host is woken by a click', async () => {
  const { root } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Wake')).click();
  await text(root, 'front-door-camera is awake');
});
