import { afterEach, expect, test } from 'vitest';
import { findViolations } from '../../a11y.ts';
import { allElements, button, find, labelled, link, text, type, waitFor } from '../../testing.ts';
import { clearPage, enter, formDialog, question } from '../testing/open-edge-app.ts';

afterEach(clearPage);

test('a template publishes one host by a click, and all that match after a preview', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Publish as camera: 80 and 554')).click();
  await text(root, '2 publications were added');
  const before = api.data.forwards.size;
  (await link(root, 'Forwards')).click();
  (await button(root, 'Publish all hosts of template camera')).click();
  await text(document.body, 'would be added');
  expect(api.data.forwards.size).toBe(before);
  allElements(document.body)
    .find((element): element is HTMLButtonElement => element.matches('sg-dialog .btn-primary'))
    ?.click();
  await waitFor('forwards', () => api.data.forwards.size > before);
  (await button(root, 'Remove template hikvision')).click();
  await text(document.body, 'What it published stays as it is.');
  (await button(await question(), 'Remove')).click();
  await waitFor('the removal', () => find(root, 'button', 'Remove template hikvision') === undefined);
});

test('a template is added after a preview, and publishes what it showed', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  (await button(root, 'Add a template')).click();
  const dialog = await formDialog('sg-template-dialog');
  (await button(dialog, 'Save')).click();
  await text(dialog, 'Small letters a-z, digits and hyphens');
  await text(dialog, 'Name one port at least.');
  await type(dialog, 'Name', 'camera');
  await type(dialog, 'Ports', '443');
  (await button(dialog, 'Save')).click();
  await text(dialog, 'There is a template camera already');
  await type(dialog, 'Name', 'nas');
  (await labelled(dialog, 'NAS')).click();
  (await labelled(dialog, 'Publish new hosts automatically')).click();
  await text(dialog, 'Whoever can put a device on this network');
  const before = api.data.forwards.size;
  (await button(dialog, 'Preview')).click();
  await text(dialog, 'diskstation: 443/tcp by port');
  expect(await findViolations(dialog.host)).toEqual([]);
  expect(api.data.forwards.size).toBe(before);
  expect(api.data.templates.some(({ name }) => name === 'nas')).toBe(false);
  (await button(dialog, 'Save and publish')).click();
  await waitFor('a forward', () => api.data.forwards.size === before + 1);
  await button(root, 'Edit template nas');
  expect(api.data.templates.find(({ name }) => name === 'nas')).toMatchObject({
    kinds: ['nas'],
    ports: ['443'],
    auto: true,
    from: 'here',
  });
});

test('a built-in template is changed, and a faulty one says what is wrong with it', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  await text(root, 'not "8o"');
  expect(find(root, 'button', 'Edit template door-station')).toBeUndefined();
  (await button(root, 'Edit template printer')).click();
  const dialog = await formDialog('sg-template-dialog');
  expect((await labelled(dialog, 'Ports')).value).toBe('80, 631, 9100');
  await type(dialog, 'Ports', '9100');
  await type(dialog, 'MAC addresses that begin with', '00:1b:a9, zz');
  (await button(dialog, 'Save')).click();
  await text(dialog, 'Beginnings of MAC addresses');
  await type(dialog, 'MAC addresses that begin with', '00:1B:A9');
  (await button(dialog, 'Save')).click();
  await button(root, 'Remove template printer');
  expect(api.data.templates.find(({ name }) => name === 'printer')).toMatchObject({
    kinds: ['printer'],
    macPrefixes: ['00:1b:a9'],
    ports: ['9100'],
    from: 'here',
  });
});
