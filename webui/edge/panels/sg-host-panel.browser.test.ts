import { afterEach, expect, test } from 'vitest';
import { findViolations } from '../../a11y.ts';
import { allElements, button, find, heading, labelled, link, text, type, waitFor } from '../../testing.ts';
import { clearPage, enter, formDialog, question } from '../testing/open-edge-app.ts';

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

test('an address is given with ports, sources and an end, after a preview', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Options for its address')).click();
  const dialog = await formDialog('sg-new-address-dialog');
  await type(dialog, 'DNS name', 'diskstation');
  await type(dialog, 'Ports', '80, 554');
  await type(dialog, 'Only for', 'tag:support');
  await type(dialog, 'Ends', '2');
  (await button(dialog, 'Give the address')).click();
  await text(dialog, 'Code ADDRESS_NAME_TAKEN');
  expect((await labelled(dialog, 'Ports')).value).toBe('80, 554');
  await type(dialog, 'DNS name', 'Front Door');
  (await button(dialog, 'Preview')).click();
  await text(dialog, 'Letters a-z, digits and hyphens');
  await type(dialog, 'DNS name', 'front');
  (await button(dialog, 'Preview')).click();
  await text(dialog, 'front.alder.acme.sidegate.internal');
  expect(await findViolations(dialog.host)).toEqual([]);
  expect(api.data.addresses.size).toBe(1);
  // What was previewed is not what would be given any more.
  await type(dialog, 'Name', 'Entrance');
  await waitFor('no preview', () => !dialog.textContent?.includes('front.alder'));
  (await button(dialog, 'Give the address')).click();
  await waitFor('two addresses', () => api.data.addresses.size === 2);
  await waitFor('no dialog', () => document.querySelector('sg-new-address-dialog') === null);
  const given = [...api.data.addresses.values()].at(-1)!;
  expect(given).toMatchObject({
    name: 'front',
    label: 'Entrance',
    ports: [
      { protocol: 'tcp', from: 80, to: 80 },
      { protocol: 'tcp', from: 554, to: 554 },
    ],
    allow: { tags: ['support'] },
  });
  expect(given.expiresAt! - Date.now()).toBeGreaterThan(7_100_000);
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
