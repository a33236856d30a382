import { afterEach, test } from 'vitest';
import { find, text, waitFor } from '../../testing.ts';
import { clearPage, enter } from '../testing/open-edge-app.ts';

afterEach(clearPage);

test('the log says who opened what, when and how much; it is searched', async () => {
  const { root } = await enter({ path: '/access' });
  await text(root, 'Garden camera');
  await text(root, 'Open now');
  await text(root, '31.4 MB');
  await text(root, '17 connections');
  // What a person once typed as a label is text.
  await text(root, '<b>Old</b> shell');
  const search = async (words: string) => {
    const box = (await waitFor('the box', () => find(root, 'input', 'Search visits'))) as HTMLInputElement;
    box.value = words;
    box.dispatchEvent(new Event('input', { bubbles: true }));
  };
  await search('laptop 443');
  await waitFor('one visit', () => find(root, '.cell-title', '100.64.0.99') === undefined);
  await waitFor('the name', () => find(root, '.break', /^diskstation\.alder\.acme\.sidegate\.internal/));
  await search('nobody');
  await text(root, 'No visit matches');
});

test('before anybody came the log says so', async () => {
  const { root } = await enter({ path: '/access', empty: true });
  await text(root, 'Nobody has opened anything yet');
});
