import { afterEach, expect, test } from 'vitest';
import { allElements, button, find, labelled, text, type, waitFor } from '../../testing.ts';
import { clearPage, enter, formDialog, question } from '../testing/open-edge-app.ts';

afterEach(clearPage);

test('a forward for some people, for a while and for several ports', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  await type(root, 'Host', [...api.data.hosts.values()].find(({ name }) => name === 'diskstation')?.id ?? '');
  await type(root, 'Port of the device', '5000');
  const more = await waitFor('the box', () => find(root, 'summary', 'More options'));
  more.click();
  await type(root, 'Last port of the device', '4000');
  more.click();
  (await button(root, 'Add forward')).click();
  await text(root, 'A port from the first one on, 256 ports at most.');
  expect(more.closest('details')!.open).toBe(true);
  await type(root, 'Last port of the device', '5009');
  await type(root, 'Only for', 'laptop, tag:support');
  await type(root, 'Ends', '2');
  const sent = Date.now();
  (await button(root, 'Add forward')).click();
  await waitFor('four forwards', () => api.data.forwards.size === 4);
  const added = [...api.data.forwards.values()].at(-1)!;
  expect(added).toMatchObject({ portCount: 10, allow: { tags: ['support'] } });
  expect(added.expiresAt! - sent).toBeGreaterThan(7_190_000);
});

test('a forward is previewed without being added, then added, switched off and removed', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  await type(root, 'Host', [...api.data.hosts.values()].find(({ name }) => name === 'diskstation')?.id ?? '');
  await type(root, 'Port of the device', '5000');
  await type(root, 'Name', 'DSM');
  (await button(root, 'Preview')).click();
  await text(root, 'This would be added');
  (await waitFor('the rules', () => find(root, 'summary', 'Firewall rules that would change'))).click();
  await text(root, 'add element inet sidegate');
  expect(api.data.forwards.size).toBe(3);
  (await button(root, 'Add forward')).click();
  await waitFor('four forwards', () => api.data.forwards.size === 4);
  const toggle = await waitFor('the switch', () => find(root, '[role=switch]', 'Forward DSM'));
  toggle.click();
  await waitFor('off', () => find(root, '[role=switch][aria-checked=false]', 'Forward DSM'));
  (await button(root, 'Remove forward DSM')).click();
  (await button(await question(), 'Remove')).click();
  await waitFor('three forwards', () => api.data.forwards.size === 3);
  await waitFor('the row gone', () => find(root, 'button', 'Remove forward DSM') === undefined);
});

test('a refused forward says why, and the form keeps what was typed', async () => {
  const { root } = await enter({ path: '/forwards' });
  (await labelled(root, 'An address')).click();
  await type(root, 'Address', '8.8.8.8');
  await type(root, 'Port of the device', '80');
  (await button(root, 'Add forward')).click();
  await text(root, 'Code FORWARD_TARGET_OUTSIDE');
  await text(root, 'Add the network first');
  expect((await labelled(root, 'Address')).value).toBe('8.8.8.8');
  expect((await labelled(root, 'Port of the device')).value).toBe('80');
});

test('a file of publications is previewed, and imported only where nothing in it is refused', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  const choose = async (forwards: readonly object[]): Promise<void> => {
    await button(root, 'Import …');
    const input = allElements(root).find((element) => element.matches('input[type=file]'))!;
    const content = JSON.stringify({ format: 'sidegate-publications', version: 1, forwards });
    const files = new DataTransfer();
    files.items.add(new File([content], 'alder.json', { type: 'application/json' }));
    (input as HTMLInputElement).files = files.files;
    input.dispatchEvent(new Event('change'));
    await text(root, 'What alder.json would change');
  };
  const added = { edgePort: 8044, targetPort: 80, target: { address: '192.168.1.20' }, label: 'attic' };
  await choose([added, { ...added, edgePort: 22 }]);
  await text(root, 'Port 22 of the edge is taken by dropbear');
  expect((await button(root, 'Import')).disabled).toBe(true);
  await choose([added]);
  const before = api.data.forwards.size;
  (await button(root, 'Import')).click();
  await text(root, 'The file was imported');
  expect(api.data.forwards.size).toBe(before + 1);
  await choose([added]);
  (await labelled(root, 'Remove what is not in the file')).click();
  await waitFor('the removals', () => find(root, 'sg-badge', 'removed'));
  (await button(root, 'Import')).click();
  await waitFor('the removals', () => api.data.forwards.size === 1);
});

test('an address is narrowed to ports and sources in a dialog, and refuses what cannot be meant', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  (await button(root, 'Edit address of diskstation')).click();
  const dialog = await formDialog('sg-address-dialog');
  await type(dialog, 'Ports', '443, eighty');
  (await button(dialog, 'Save')).click();
  await text(dialog, 'Ports such as 80');
  await type(dialog, 'Ports', '443, 161/udp');
  await type(dialog, 'Only for', 'tag:support');
  (await button(dialog, 'Save')).click();
  await text(root, 'Saved');
  expect([...api.data.addresses.values()][0]).toMatchObject({
    ports: [
      { protocol: 'tcp', from: 443, to: 443 },
      { protocol: 'udp', from: 161, to: 161 },
    ],
    allow: { tags: ['support'] },
  });
});

test('a forward is changed: for whom, until when, and what it is called', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  await text(root, 'only for tag:support');
  (await button(root, 'Edit forward DiskStation shell')).click();
  const dialog = await formDialog('sg-forward-dialog');
  await type(dialog, 'Name', 'Shell');
  await type(dialog, 'Only for', '');
  await type(dialog, 'Ends', 'at');
  (await button(dialog, 'Save')).click();
  await text(dialog, 'Choose a moment to come.');
  await type(dialog, 'Moment when it ends', '2099-01-01T12:00');
  (await button(dialog, 'Save')).click();
  await text(root, 'Saved');
  const changed = [...api.data.forwards.values()].find(({ label }) => label === 'Shell');
  expect(changed).toMatchObject({ expiresAt: new Date('2099-01-01T12:00').getTime() });
  expect(changed?.allow).toBeUndefined();
});

test('what another firewall does to publications stands above them', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  const warning = {
    ...{ code: 'firewall-blocks', severity: 'warning', source: 'forwarding', sinceMs: Date.now() },
    ...{ title: 'ufw drops what is forwarded', hint: 'Run “ufw route allow in on sg0”.' },
  };
  api.emit('status.changed', { ...api.data.status, health: [warning] });
  await text(root, 'ufw drops what is forwarded');
  await text(root, 'Run “ufw route allow in on sg0”.');
});
