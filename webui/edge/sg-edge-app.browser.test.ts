import { afterEach, describe, expect, test } from 'vitest';
import { findViolations } from '../a11y.ts';
import { createFakeClient } from '../fake/fake-client.ts';
import { createFakeEdge, EDGE_PASSWORD, GOOD_TICKET } from '../fake/fake-edge.ts';
import { createMemoryRouter } from '../shared/routing/router.ts';
import { allElements, button, find, heading, labelled, link, text, type, waitFor } from '../testing.ts';
import { SgEdgeApp } from './sg-edge-app.ts';

const mount = (options: { path?: string; empty?: boolean; stepMs?: number } = {}) => {
  const api = createFakeEdge({ empty: options.empty ?? false, stepMs: options.stepMs ?? 10 });
  const client = createFakeClient(api);
  const router = createMemoryRouter(options.path ?? '/');
  const app = new SgEdgeApp();
  app.deps = { fetch: client.fetch, openEvents: client.openEvents, router };
  document.body.append(app);
  return { api, client, router, app };
};

const logIn = async (app: Element): Promise<void> => {
  await type(app.shadowRoot!, 'Password', EDGE_PASSWORD);
  (await button(app.shadowRoot!, 'Log in')).click();
};

const enter = async (options: Parameters<typeof mount>[0] = {}) => {
  const mounted = mount(options);
  await logIn(mounted.app);
  await waitFor('the menu', () => find(mounted.app.shadowRoot!, 'nav a', 'Hosts'));
  return { ...mounted, root: mounted.app.shadowRoot! };
};

afterEach(() => {
  document.body.replaceChildren();
  document.documentElement.style.colorScheme = '';
  history.replaceState(null, '', location.pathname + location.search);
});

test('a wrong password is refused with its code and hint; the right one opens the overview', async () => {
  const { app } = mount();
  await type(app.shadowRoot!, 'Password', 'nonsense');
  (await button(app.shadowRoot!, 'Log in')).click();
  await text(app.shadowRoot!, 'Code LOGIN_WRONG');
  await text(app.shadowRoot!, 'It is the password set with');
  await logIn(app);
  await heading(app.shadowRoot!, 'alder');
});

test('too many wrong passwords are throttled, and the page says for how long', async () => {
  const { app } = mount();
  const root = app.shadowRoot!;
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
  const { app } = mount();
  expect(location.hash).toBe('');
  await heading(app.shadowRoot!, 'alder');
  await waitFor('the user', () => find(app.shadowRoot!, 'button', 'Kim Sørensen'));
});

test('a used ticket leads to the password, with the reason', async () => {
  history.replaceState(null, '', '#ticket=used');
  const { app } = mount();
  await text(app.shadowRoot!, 'Code TICKET_USED');
  expect(location.hash).toBe('');
  await labelled(app.shadowRoot!, 'Password');
});

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
  (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Remove')).click();
  await waitFor('one address', () => api.data.addresses.size === 1);
  await button(root, 'Give it an address of its own');
});

test('an address is previewed before it is given', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Preview')).click();
  await text(document, 'front-door-camera.alder.acme.sidegate.internal would lead to 192.');
  expect(api.data.addresses.size).toBe(1);
  (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Give it an address of its own')).click();
  await waitFor('two addresses', () => api.data.addresses.size === 2);
});

test('a change that may cut the way here is kept by a click, on whatever page', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  const pending = [{ id: 'f_x', what: 'http://alder:8001/', endsAt: Date.now() + 60_000 }];
  api.emit('status.changed', { ...api.data.status, pending });
  await text(root, 'You came here by http://alder:8001/, which your change cuts');
  (await button(root, 'Keep the change')).click();
  await waitFor('no question', () => find(root, 'button', 'Keep the change') === undefined);
});

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
  await text(root, 'add element inet sidegate');
  expect(api.data.forwards.size).toBe(3);
  (await button(root, 'Add forward')).click();
  await waitFor('four forwards', () => api.data.forwards.size === 4);
  const toggle = await waitFor('the switch', () => find(root, '[role=switch]', 'Forward DSM'));
  toggle.click();
  await waitFor('off', () => find(root, '[role=switch][aria-checked=false]', 'Forward DSM'));
  (await button(root, 'Remove forward DSM')).click();
  (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Remove')).click();
  await waitFor('three forwards', () => api.data.forwards.size === 3);
  await waitFor('the row gone', () => find(root, 'button', 'Remove forward DSM') === undefined);
});

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
  await text(root, 'diskstation.alder.acme.sidegate.internal');
  await search('nobody');
  await text(root, 'No visit matches');
});

test('before anybody came the log says so', async () => {
  const { root } = await enter({ path: '/access', empty: true });
  await text(root, 'Nobody has been here yet');
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

test('a routed network is added and removed; a public one only by who says that it is theirs', async () => {
  const { root, api } = await enter({ path: '/scopes' });
  await type(root, 'Network', '10.0.0.0/8');
  (await button(root, 'Add network')).click();
  await text(root, 'Too large: at most a /16.');
  await type(root, 'Network', '8.8.8.0/24');
  (await button(root, 'Add network')).click();
  const answer = async (name: string) =>
    (
      await button(
        (
          await waitFor('a question', () => document.querySelector('sg-confirm') ?? undefined)
        ).shadowRoot!,
        name,
      )
    ).click();
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
    (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Forget')).click();
  };
  await forget(/^garden-camera/);
  await text(root, '(HOST_IN_USE)');
  (await link(root, 'Hosts')).click();
  await forget(/^workstation/);
  await waitFor('twelve hosts', () => api.data.hosts.size === 12);
  await waitFor('the list', () => find(root, 'h2', 'Hosts'));
});

test('a session that ends leads back to the login, and from there to the same page', async () => {
  const { root, client, app, router } = await enter({ path: '/hosts' });
  await link(root, /^router/);
  client.dropSession();
  (await button(root, 'Scan')).click();
  await text(root, 'Your session has ended.');
  expect(router.path).toBe('/hosts');
  await logIn(app);
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
    await labelled(login.app.shadowRoot!, 'Password');
    expect(await findViolations(login.app)).toEqual([]);
  });
});

test('a file of publications is previewed, and taken over only where nothing in it is refused', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  const choose = async (forwards: readonly object[]): Promise<void> => {
    await button(root, 'Take over a file …');
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
  expect((await button(root, 'Apply')).disabled).toBe(true);
  await choose([added]);
  const before = api.data.forwards.size;
  (await button(root, 'Apply')).click();
  await text(root, 'The publications of the file are in place');
  expect(api.data.forwards.size).toBe(before + 1);
  await choose([added]);
  (await labelled(root, 'Remove what is not in the file')).click();
  await waitFor('the removals', () => find(root, 'sg-badge', 'removed'));
  (await button(root, 'Apply')).click();
  await waitFor('the removals', () => api.data.forwards.size === 1);
});

test('a template publishes one host by a click, and all that match after a preview', async () => {
  const { root, api } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Publish as camera: 80 and 554')).click();
  await text(root, '2 publications were added');
  const before = api.data.forwards.size;
  (await link(root, 'Forwards')).click();
  (await button(root, 'Publish all hosts of template camera')).click();
  await text(document.body, 'would be added:');
  expect(api.data.forwards.size).toBe(before);
  allElements(document.body)
    .find((element): element is HTMLButtonElement => element.matches('sg-dialog .btn-primary'))
    ?.click();
  await waitFor('forwards', () => api.data.forwards.size > before);
  (await button(root, 'Remove template hikvision')).click();
  await text(document.body, 'What it published stays.');
  (await button(document.querySelector('sg-confirm')!.shadowRoot!, 'Remove')).click();
  await waitFor('the removal', () => find(root, 'button', 'Remove template hikvision') === undefined);
});

test('a host is woken by a click', async () => {
  const { root } = await enter({ path: '/hosts' });
  (await link(root, /^front-door-camera/)).click();
  (await button(root, 'Wake')).click();
  await text(root, 'front-door-camera is awake');
});

test('an address is narrowed to ports and sources in a dialog, and refuses what cannot be meant', async () => {
  const { root, api } = await enter({ path: '/forwards' });
  (await button(root, 'Edit address of diskstation')).click();
  const dialog = await waitFor(
    'the dialog',
    () => document.querySelector('sg-address-dialog')?.shadowRoot ?? undefined,
  );
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
