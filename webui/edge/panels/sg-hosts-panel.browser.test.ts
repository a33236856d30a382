import { afterEach, expect, test } from 'vitest';
import { allElements, button, find, heading, link, text, waitFor } from '../../testing.ts';
import { clearPage, enter } from '../testing/open-edge-app.ts';

afterEach(clearPage);

test('a scan shows progress, hosts as they are found, and can be started again', async () => {
  const { root } = await enter({ path: '/hosts', empty: true, stepMs: 40 });
  await text(root, 'No hosts yet');
  (await button(root, 'Scan')).click();
  await button(root, 'Cancel scan');
  expect(find(root, 'button', 'Scan')).toBeUndefined();
  await link(root, /^router/);
  await waitFor(
    'progress',
    () => Number(find(root, '[role=progressbar]', /./)?.getAttribute('aria-valuenow')) > 0 || undefined,
  );
  await link(root, /^front-door-camera/);
  await button(root, 'Scan');
  await text(root, 'Last scan found 11 hosts,');
});

test('a running scan can be cancelled and keeps what it found', async () => {
  const { root, api } = await enter({ path: '/hosts', empty: true, stepMs: 60 });
  (await button(root, 'Scan')).click();
  await link(root, /^router/);
  (await button(root, 'Cancel scan')).click();
  await text(root, 'The last scan was cancelled');
  expect([...api.data.scans.values()].at(-1)?.state).toBe('cancelled');
  await link(root, /^router/);
});

test('hosts are searched, filtered by kind and sorted', async () => {
  const { root } = await enter({ path: '/hosts' });
  const names = () =>
    allElements(root)
      .filter((element) => element.matches('a.cell-title'))
      .map((a) => a.firstChild?.nextSibling?.nodeValue ?? a.textContent);
  await waitFor('hosts', () => names().length === 13);
  const search = find(root, 'input', 'Search hosts') as HTMLInputElement;
  search.value = 'hikvision';
  search.dispatchEvent(new Event('input', { bubbles: true }));
  await waitFor('two hosts', () => names().length === 2);
  await text(root, '2 of 13 hosts');
  search.value = 'nothing like it';
  search.dispatchEvent(new Event('input', { bubbles: true }));
  (await button(root, 'Clear the filter')).click();
  await waitFor('all hosts', () => names().length === 13);
  (await button(root, 'Address')).click();
  await waitFor('sorted', () => find(root, 'th[aria-sort=ascending]', 'Address'));
});

test('changes are shown until they are seen', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  await heading(root, /^3 changes since/);
  await text(root, '192.168.1.99');
  (await button(root, 'Seen')).click();
  await waitFor('no changes', () => api.data.changes.changes.length === 0);
  await waitFor('no section', () => find(root, 'button', 'Seen') === undefined);
});

test('hosts are exported as a file', async () => {
  const { root } = await enter({ path: '/hosts' });
  const file = new Promise<Blob>((resolve) => {
    const original = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      URL.createObjectURL = original;
      resolve(blob as Blob);
      return original.call(URL, blob);
    };
  });
  (await button(root, 'Export as CSV')).click();
  expect(await (await file).text()).toMatch(/^name,address,mac,.*\r\n.*front-door-camera/s);
});
