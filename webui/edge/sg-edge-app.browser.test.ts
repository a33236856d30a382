import { afterEach, describe, expect, test } from 'vitest';
import { findViolations } from '../a11y.ts';
import { GOOD_TICKET } from '../fake/fake-edge.ts';
import { allElements, button, find, heading, labelled, link, text, type, waitFor } from '../testing.ts';
import { clearPage, enter, logIn, mount } from './testing/open-edge-app.ts';

afterEach(clearPage);

test('a wrong password is refused with its code and hint; the right one opens the overview', async () => {
  const { root } = mount();
  await type(root, 'Password', 'nonsense');
  (await button(root, 'Log in')).click();
  await text(root, 'Code LOGIN_WRONG');
  await text(root, 'It is the password set with');
  await logIn(root);
  await heading(root, 'alder');
});

test('too many wrong passwords are throttled, and the page says for how long', async () => {
  const { root } = mount();
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await type(root, 'Password', 'nonsense');
    const submit = await button(root, 'Log in');
    await waitFor('the button', () => !submit.disabled);
    submit.click();
    await waitFor('the answer', () => !submit.disabled);
  }
  await text(root, 'try again in 30 s');
});

test('a ticket in the address logs in and is gone from the address', async () => {
  history.replaceState(null, '', `#ticket=${GOOD_TICKET}-7`);
  const { root } = mount();
  expect(location.hash).toBe('');
  await heading(root, 'alder');
  await waitFor('the user', () => find(root, 'button', 'Kim Sørensen'));
});

test('a used ticket leads to the password, with the reason', async () => {
  history.replaceState(null, '', '#ticket=used');
  const { root } = mount();
  await text(root, 'Code TICKET_USED');
  expect(location.hash).toBe('');
  await labelled(root, 'Password');
});

test('a change that may cut the way here is kept by a click, on whatever page', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  const pending = [{ id: 'f_x', what: 'http://alder:8001/', endsAt: Date.now() + 60_000 }];
  api.emit('status.changed', { ...api.data.status, pending });
  await text(root, 'You came here by http://alder:8001/, and your change cuts that way');
  (await button(root, 'Keep the change')).click();
  await waitFor('no question', () => find(root, 'button', 'Keep the change') === undefined);
});

test('a session that ends leads back to the login, and from there to the same page', async () => {
  const { root, client, router } = await enter({ path: '/hosts' });
  await link(root, /^router/);
  client.dropSession();
  (await button(root, 'Scan')).click();
  await text(root, 'Your session has ended.');
  expect(router.path).toBe('/hosts');
  await logIn(root);
  await link(root, /^router/);
});

test('logging out ends the session on the server too', async () => {
  const { root, client } = await enter();
  (await button(root, 'root')).click();
  (await button(root, 'Log out')).click();
  await labelled(root, 'Password');
  expect(client.calls).toContain('DELETE /session');
});

test('navigation names the page and moves the focus to its heading', async () => {
  const { root, app } = await enter();
  (await link(root, 'Peers')).click();
  const title = await waitFor('the page', () => find(root, 'h2', 'Peers'));
  await waitFor('focus', () => (title.getRootNode() as ShadowRoot).activeElement === title);
  expect(document.title).toBe('Peers · Sidegate');
  expect(app.isConnected).toBe(true);
});

describe.each(['light', 'dark'])('%s: no accessibility violations', (scheme) => {
  test.each(['/', '/hosts', '/forwards', '/access', '/scopes', '/peers', '/nowhere'])(
    'on %s',
    async (path) => {
      document.documentElement.style.colorScheme = scheme;
      document.body.style.background = scheme === 'dark' ? '#1a1a1a' : '#f3f4f6';
      const { app, root } = await enter({ path });
      await waitFor('the page', () => find(root, 'h2, h3', /./));
      await waitFor(
        'its content',
        () => !allElements(root).some((element) => element.localName === 'sg-skeleton'),
      );
      expect(await findViolations(app)).toEqual([]);
    },
  );

  test('on a host, and on the login', async () => {
    document.documentElement.style.colorScheme = scheme;
    document.body.style.background = scheme === 'dark' ? '#1a1a1a' : '#f3f4f6';
    const { app, root } = await enter({ path: '/hosts' });
    (await link(root, /^garden-camera/)).click();
    await heading(root, 'garden-camera');
    find(root, 'summary', /How we know/)?.click();
    expect(await findViolations(app)).toEqual([]);
    app.remove();
    const login = mount();
    await labelled(login.root, 'Password');
    expect(await findViolations(login.app)).toEqual([]);
  });
});
