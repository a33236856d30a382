import { afterEach, expect, test } from 'vitest';
import { findViolations } from '../a11y.ts';
import { createFakeClient } from '../fake/fake-client.ts';
import { createFakePortal, PORTAL_PASSWORD } from '../fake/fake-portal.ts';
import { qrModules } from '../shared/components/sg-qr.ts';
import { createMemoryRouter } from '../shared/routing/router.ts';
import { allElements, button, find, heading, link, text, type, waitFor } from '../testing.ts';
import { generateDeviceKeys } from './data/profiles.ts';
import { SgPortalApp } from './sg-portal-app.ts';

const enter = async (path: string) => {
  const api = createFakePortal();
  const client = createFakeClient(api);
  const app = new SgPortalApp();
  app.deps = {
    fetch: client.fetch,
    openEvents: client.openEvents,
    router: createMemoryRouter(path),
    leave: () => {},
  };
  document.body.append(app);
  const root = app.shadowRoot!;
  await type(root, 'E-mail', 'kim@example.com');
  await type(root, 'Password', PORTAL_PASSWORD);
  (await button(root, 'Log in')).click();
  return { api, app, root };
};
const downloadOf = (root: ShadowRoot) => {
  const anchor = find(root, 'a', 'Download the file') as HTMLAnchorElement;
  return { name: anchor.download, text: decodeURIComponent(anchor.href.split(',').slice(1).join(',')) };
};
/** What the picture shows, module by module, without its light border. */
const drawnModules = (root: ShadowRoot): boolean[][] => {
  const svg = allElements(root).find(
    (element) => element.localName === 'svg' && element.getAttribute('role') === 'img',
  )!;
  const size = Number(svg.getAttribute('viewBox')!.split(' ')[2]) - 8;
  const rows = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  for (const [, x, y] of svg
    .querySelector('path')!
    .getAttribute('d')!
    .matchAll(/M(\d+) (\d+)h/g))
    rows[Number(y) - 4]![Number(x) - 4] = true;
  return rows;
};

afterEach(() => document.body.replaceChildren());

test('a device is added with a key that the broker never sees, as code and as file', async () => {
  const { api, app, root } = await enter('/device');
  await type(root, 'Name of the device', 'Not a name!');
  (await button(root, 'Make the profile')).click();
  await waitFor('the reason', () => find(root, '[role=alert]', /./));
  await type(root, 'Name of the device', 'tess-phone');
  (await button(root, 'Make the profile')).click();
  await heading(root, 'Profile of tess-phone');
  const { name, text: file } = downloadOf(root);
  expect(name).toBe('tess-phone.conf');
  const privateKey = /^PrivateKey = ([A-Za-z0-9+/]{43}=)$/m.exec(file)?.[1];
  expect(privateKey).toBeDefined();
  const node = [...api.data.nodes.values()].at(-1)!;
  expect(node.publicKey).not.toBe(privateKey);
  expect(JSON.stringify([...api.data.nodes.values()])).not.toContain(privateKey);
  expect(file).toContain('# alder\n[Peer]');
  const short = file
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n');
  expect(drawnModules(root)).toEqual(qrModules(`${short}\n`));
  expect(await findViolations(app)).toEqual([]);
});

test('a device whose profile is out of date says so, and gets a new key', async () => {
  const { api, app, root } = await enter('/machines');
  await text(root, 'out of date');
  (await link(root, 'van-tablet')).click();
  await text(root, 'The profile on this device is out of date');
  expect(await findViolations(app)).toEqual([]);
  const before = [...api.data.nodes.values()].find(({ name }) => name === 'van-tablet')!;
  (await link(root, 'Make the profile anew')).click();
  await text(root, 'stops working at once');
  expect(await findViolations(app)).toEqual([]);
  (await button(root, 'Make the profile anew')).click();
  await heading(root, 'Profile of van-tablet');
  const after = api.data.nodes.get(before.id)!;
  expect(after.profile).toEqual({ isOutOfDate: false });
  expect(after.publicKey).not.toBe(before.publicKey);
});

test('keys are WireGuard’s: the public half belongs to the private one', async () => {
  const { privateKey, publicKey } = await generateDeviceKeys();
  const toUrl = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
  const jwk = { kty: 'OKP', crv: 'X25519', d: toUrl(privateKey), x: toUrl(publicKey) };
  // A browser refuses a private key with the public half of another.
  await expect(
    crypto.subtle.importKey('jwk', jwk, { name: 'X25519' }, true, ['deriveBits']),
  ).resolves.toBeDefined();
});

test('a browser that cannot make keys says what it lacks', async () => {
  await expect(generateDeviceKeys(undefined as never)).resolves.toBeDefined();
  const old = { generateKey: () => Promise.reject(new DOMException('', 'NotSupportedError')) };
  await expect(generateDeviceKeys(old as never)).rejects.toMatchObject({ code: 'BROWSER_TOO_OLD' });
  await expect(generateDeviceKeys(null as never)).rejects.toMatchObject({ code: 'BROWSER_INSECURE' });
});
