import { afterEach, describe, expect, test } from 'vitest';
import { findViolations } from '../a11y.ts';
import { createFakeClient } from '../fake/fake-client.ts';
import { createFakePortal, PORTAL_PASSWORD, SETUP_CODE } from '../fake/fake-portal.ts';
import type { Leave } from '../shared/components/leave.ts';
import { createMemoryRouter } from '../shared/routing/router.ts';
import { allElements, button, find, heading, labelled, link, text, type, waitFor } from '../testing.ts';
import { SgPortalApp } from './sg-portal-app.ts';

const mount = (options: { path?: string; setupNeeded?: boolean } = {}) => {
  const api = createFakePortal({ setupNeeded: options.setupNeeded ?? false, edgeUrl: 'http://alder.test' });
  const client = createFakeClient(api);
  const router = createMemoryRouter(options.path ?? '/');
  const left: Leave[] = [];
  const app = new SgPortalApp();
  app.deps = {
    fetch: client.fetch,
    openEvents: client.openEvents,
    router,
    leave: (leave) => left.push(leave),
  };
  document.body.append(app);
  return { api, client, router, app, left, root: app.shadowRoot! };
};

const enter = async (options: { path?: string; email?: string } = {}) => {
  const mounted = mount(options);
  const { root } = mounted;
  await type(root, 'E-mail', options.email ?? 'kim@example.com');
  await type(root, 'Password', PORTAL_PASSWORD);
  (await button(root, 'Log in')).click();
  await waitFor('the menu', () => find(root, 'nav a', 'Edges'));
  return mounted;
};

afterEach(() => {
  document.body.replaceChildren();
  document.documentElement.style.colorScheme = '';
});

test('the first run sets the account up, and its owner is logged in', async () => {
  const { root, api } = mount({ setupNeeded: true });
  await type(root, 'Set-up code', 'WRONG');
  await type(root, 'Name of the account', 'Acmé Söhne');
  await waitFor('the short name', async () => (await labelled(root, 'Short name')).value === 'acme-sohne');
  await type(root, 'Your name', 'Nora');
  await type(root, 'E-mail', 'nora@example.com');
  await type(root, 'Password', 'a long enough one');
  (await button(root, 'Create the account')).click();
  await text(root, 'Code SETUP_CODE_REJECTED');
  await type(root, 'Set-up code', SETUP_CODE);
  (await button(root, 'Create the account')).click();
  await heading(root, 'Edges');
  expect([...api.data.users.values()].at(-1)).toMatchObject({ email: 'nora@example.com', role: 'owner' });
});

test('a wrong login is refused with its code; nonsense is caught before', async () => {
  const { root, client } = mount();
  await type(root, 'E-mail', 'nonsense');
  await type(root, 'Password', 'x');
  (await button(root, 'Log in')).click();
  await text(root, 'An e-mail address');
  expect(client.calls).not.toContain('POST /session');
  await type(root, 'E-mail', 'kim@example.com');
  (await button(root, 'Log in')).click();
  await text(root, 'Code LOGIN_REJECTED');
  expect((await labelled(root, 'E-mail')).value).toBe('kim@example.com');
});

test('edges are listed live, searched and filtered', async () => {
  const { root, api } = await enter();
  await button(root, 'Open alder');
  expect((await button(root, 'Open cedar-summer-house')).disabled).toBe(true);
  const cedar = [...api.data.nodes.values()].find(({ name }) => name === 'cedar-summer-house')!;
  api.data.nodes.set(cedar.id, { ...cedar, online: true });
  // Its event: the edge has come back.
  api.emit('node.changed', { ...cedar, online: true });
  await waitFor(
    'cedar online',
    () => (find(root, 'button', 'Open cedar-summer-house') as HTMLButtonElement).disabled === false,
  );
  const search = find(root, 'input', 'Search edges') as HTMLInputElement;
  search.value = 'vip';
  search.dispatchEvent(new Event('input', { bubbles: true }));
  await waitFor('one edge', () => find(root, 'button', 'Open alder') === undefined);
  await button(root, 'Open birch');
});

test('Open fetches a ticket and goes to the edge', async () => {
  const { root, left } = await enter();
  (await button(root, 'Open alder')).click();
  const [leave] = await waitFor('leaving', () => left.length > 0 && left);
  expect(leave).toMatchObject({ replace: false });
  expect(leave?.url).toMatch(/^http:\/\/alder\.test\/#ticket=good-ticket-/);
});

test('a tab of its own does the same and stays out of the history', async () => {
  const { root, router, left, api } = await enter();
  await button(root, 'Open alder');
  const alder = [...api.data.nodes.values()].find(({ name }) => name === 'alder')!;
  router.navigate(`/open/${alder.id}`);
  const [leave] = await waitFor('leaving', () => left.length > 0 && left);
  expect(leave?.replace).toBe(true);
});

test('a node is renamed; a name that is taken is refused at its field', async () => {
  const { root } = await enter();
  (await link(root, 'Details of alder')).click();
  (await button(root, 'Edit')).click();
  await type(root, 'Name', 'birch');
  (await button(root, 'Save')).click();
  await text(root, 'The name birch is taken');
  await type(root, 'Name', 'alder-two');
  await type(root, 'Tags', 'north, Pool');
  (await button(root, 'Save')).click();
  await heading(root, 'alder-two');
  await text(root, 'pool');
});

test('a node is removed only after confirmation', async () => {
  const { root, api, router } = await enter();
  (await link(root, 'Details of elm')).click();
  (await button(root, 'Remove')).click();
  const confirm = () => document.querySelector('sg-confirm')!.shadowRoot!;
  (await button(confirm(), 'Cancel')).click();
  await waitFor('the dialog gone', () => document.querySelector('sg-confirm') === null);
  expect(api.data.nodes.size).toBe(9);
  (await button(root, 'Remove')).click();
  (await button(confirm(), 'Remove')).click();
  await waitFor('eight nodes', () => api.data.nodes.size === 8);
  await waitFor('the list', () => router.path === '/');
});

test('a key is created with a command that is shown once, and revoked', async () => {
  const { root, api } = await enter({ path: '/add' });
  await type(root, 'Name of the key', 'Fir');
  (await button(root, 'Create key')).click();
  await text(root, 'sidegate up --broker https://broker.example.com --key sgk_');
  (await button(root, 'Done')).click();
  (await button(root, 'Revoke Fir')).click();
  (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Revoke')).click();
  await waitFor('revoked', () => [...api.data.keys.values()].at(-1)?.state === 'revoked');
});

test('a code, however typed, shows what asks, and approving lets it in', async () => {
  const { root, api } = await enter({ path: '/add' });
  await type(root, 'Code', 'bcdf ghjk');
  (await button(root, 'Continue')).click();
  await heading(root, 'fir asks to join');
  await text(root, '203.0.113.150');
  (await button(root, 'Approve')).click();
  await heading(root, 'fir has joined the account');
  expect([...api.data.nodes.values()].at(-1)?.name).toBe('fir');
});

test('an unknown code is refused and another can be typed', async () => {
  const { root } = await enter({ path: '/approve?code=ZZZZ-ZZZZ' });
  await text(root, 'Code ENROLMENT_REQUEST_UNKNOWN');
  await type(root, 'Code', 'BCDF-GHJK');
  (await button(root, 'Continue')).click();
  (await button(root, 'Deny')).click();
  await heading(root, 'fir was refused');
});

test('a machine that asks to join is announced on every page', async () => {
  const { root, api } = await enter();
  api.emit('enrolment.requested', [...api.data.requests.values()][0]);
  (await link(root, 'Review')).click();
  await heading(root, 'fir asks to join');
});

test('users are added, given roles and removed; the last owner stays', async () => {
  const { root, api } = await enter({ path: '/users', email: 'ada@example.com' });
  await type(root, 'Name', 'Lee');
  await type(root, 'E-mail', 'lee@example.com');
  await type(root, 'First password', 'short');
  (await button(root, 'Add user')).click();
  await text(root, 'At least 10 characters.');
  await type(root, 'First password', 'long enough for me');
  (await button(root, 'Add user')).click();
  const role = (await waitFor('the role', () => find(root, 'select', 'Role of Lee'))) as HTMLSelectElement;
  role.value = 'member';
  role.dispatchEvent(new Event('change'));
  await waitFor('member', () => [...api.data.users.values()].at(-1)?.role === 'member');
  (await button(root, 'Remove Lee')).click();
  (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Remove')).click();
  await waitFor('gone', () => api.data.users.size === 4);
  expect(find(root, 'button', 'Remove Ada Olsen')).toBeUndefined();
});

test('an owner lets a machine relay that offers to, and takes it back; a technician only sees it', async () => {
  const offered = (api: ReturnType<typeof createFakePortal>) => {
    const node = [...api.data.nodes.values()].find(({ name }) => name === 'office-relay')!;
    const relay = {
      publicKey: node.publicKey,
      endpoints: ['198.51.100.20:7383' as never],
      isApproved: false,
    };
    api.data.nodes.set(node.id, { ...node, relay });
    return node.id;
  };
  const owner = mount();
  const id = offered(owner.api);
  const isApproved = () => owner.api.data.nodes.get(id)?.relay?.isApproved;
  await type(owner.root, 'E-mail', 'ada@example.com');
  await type(owner.root, 'Password', PORTAL_PASSWORD);
  (await button(owner.root, 'Log in')).click();
  await waitFor('the menu', () => find(owner.root, 'nav a', 'Edges'));
  owner.router.navigate(`/nodes/${id}`);
  await text(owner.root, 'offers to relay');
  (await button(owner.root, 'Let it relay')).click();
  await text(owner.root, 'relays for this account');
  expect(isApproved()).toBe(true);
  (await button(owner.root, 'Stop relaying')).click();
  await text(owner.root, 'offers to relay');
  expect(isApproved()).toBe(false);

  owner.app.remove();
  const { root, api, router } = await enter({ email: 'sam@example.com' });
  const seen = offered(api);
  api.emit('node.changed', api.data.nodes.get(seen));
  router.navigate(`/nodes/${seen}`);
  await text(root, 'offers to relay');
  expect(find(root, 'button', 'Let it relay')).toBeUndefined();
});

test('a technician sees no administration', async () => {
  const { root } = await enter({ email: 'sam@example.com' });
  await button(root, 'Open alder');
  expect(find(root, 'nav a', 'Users')).toBeUndefined();
});

test('a member adds own machines only', async () => {
  const { root } = await enter({ path: '/add', email: 'alder@example.com' });
  const role = (await labelled(root, 'What it is for')) as HTMLSelectElement;
  expect([...role.options].map(({ value }) => value)).toEqual(['client']);
});

describe.each(['light', 'dark'])('%s: no accessibility violations', (scheme) => {
  const paths = [
    '/',
    '/machines',
    '/device',
    '/add',
    '/approve?code=BCDF-GHJK',
    '/users',
    '/audit',
    '/account',
  ];
  const paint = () => {
    document.documentElement.style.colorScheme = scheme;
    document.body.style.background = scheme === 'dark' ? '#1a1a1a' : '#f3f4f6';
  };
  test.each(paths)('on %s', async (path) => {
    paint();
    const { app, root } = await enter({ path });
    await waitFor('the page', () => find(root, 'h2', /./));
    await waitFor(
      'its content',
      () => !allElements(root).some((element) => element.localName === 'sg-skeleton'),
    );
    expect(await findViolations(app)).toEqual([]);
  });

  test('on a node, in its dialog, on login and set-up', async () => {
    paint();
    const { app, root } = await enter();
    (await link(root, 'Details of alder')).click();
    await heading(root, 'Paths');
    expect(await findViolations(app)).toEqual([]);
    (await button(root, 'Edit')).click();
    await labelled(root, 'Tags');
    expect(await findViolations(app)).toEqual([]);
    app.remove();
    const login = mount();
    await labelled(login.root, 'E-mail');
    expect(await findViolations(login.app)).toEqual([]);
    login.app.remove();
    const setup = mount({ setupNeeded: true });
    await labelled(setup.root, 'Set-up code');
    expect(await findViolations(setup.app)).toEqual([]);
  });
});
