/**
 * Takes a picture of every page of both apps over the fakes, on a phone and a desktop, light and dark, for the eye.
 * `node screenshots.ts <directory> [name part]`; build first.
 */
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './chromium.ts';
import { EDGE_PASSWORD } from './fake/fake-edge.ts';
import { PORTAL_PASSWORD } from './fake/fake-portal.ts';
import { startFakes } from './fake/server.ts';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;
const directory = process.argv[2] ?? join(tmpdir(), 'sidegate-screenshots');
const only = process.argv[3] ?? '';

interface Shot {
  readonly name: string;
  readonly path: string;
  /** What the server shall answer otherwise; taken back after the picture. */
  readonly before?: (page: Page) => Promise<unknown>;
  readonly act?: (page: Page) => Promise<void>;
}

/** A change to confirm, and an obstacle of another firewall. */
const withTrouble = (page: Page): Promise<unknown> =>
  page.route('**/api/status', async (route) => {
    const response = await route.fetch();
    const status = await response.json();
    const obstacle = {
      ...{ code: 'firewall-blocks', severity: 'warning', source: 'forwarding', sinceMs: Date.now() - 90_000 },
      title: 'ufw drops what this edge forwards',
      hint: 'Run “ufw route allow in on sg0”, or “sidegate doctor” for all that is in the way.',
    };
    const pending = [
      { id: 'f_x', what: 'http://alder.acme.sidegate.internal:8001/', endsAt: Date.now() + 47_000 },
    ];
    await route.fulfill({ response, json: { ...status, health: [obstacle, ...status.health], pending } });
  });
const DATA = /\/api\/(forwards|addresses|templates|access-log)$/;

const EDGE: readonly Shot[] = [
  { name: 'edge-forwards-trouble', path: '/forwards', before: withTrouble },
  ...(['forwards', 'access'] as const).flatMap((name): Shot[] => [
    {
      name: `edge-${name}-failed`,
      path: `/${name}`,
      before: (page) => page.route(DATA, (route) => route.abort()),
    },
    { name: `edge-${name}-loading`, path: `/${name}`, before: (page) => page.route(DATA, () => {}) },
  ]),
  { name: 'edge-overview', path: '/' },
  { name: 'edge-hosts', path: '/hosts' },
  {
    name: 'edge-hosts-scanning',
    path: '/hosts',
    act: async (page) => {
      await page.getByRole('button', { name: 'Scan', exact: true }).click();
      await page.getByText(/[3-9] hosts ·/).waitFor();
    },
  },
  {
    name: 'edge-host',
    path: '/hosts',
    act: async (page) => {
      const cancel = page.getByRole('button', { name: 'Cancel scan' });
      if (await cancel.isVisible()) await cancel.click();
      await page.getByRole('link', { name: 'front-door-camera' }).last().click();
      await page.getByRole('button', { name: /^Publish http on/ }).click();
      await page
        .getByRole('link', { name: /^http:\/\/alder/ })
        .first()
        .waitFor();
    },
  },
  {
    name: 'edge-forwards',
    path: '/forwards',
    act: async (page) => {
      await page.getByLabel('Host', { exact: true }).selectOption({ index: 5 });
      await page.getByLabel('Port of the device', { exact: true }).fill('445');
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByText('This would be added').waitFor();
    },
  },
  {
    name: 'edge-forwards-error',
    path: '/forwards',
    act: async (page) => {
      await page.getByLabel('An address').check();
      await page.getByLabel('Address', { exact: true }).fill('8.8.8.8');
      await page.getByLabel('Port of the device', { exact: true }).fill('80');
      await page.getByRole('button', { name: 'Add forward' }).click();
      await page.getByText('FORWARD_TARGET_OUTSIDE').waitFor();
    },
  },
  {
    name: 'edge-forward-remove',
    path: '/forwards',
    act: async (page) => {
      await page.getByRole('button', { name: 'Remove forward Garden camera' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'edge-access', path: '/access' },
  {
    name: 'edge-forward-edit',
    path: '/forwards',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit forward DiskStation shell' }).click();
      await page.locator('sg-forward-dialog').getByLabel('Ends', { exact: true }).selectOption('at');
    },
  },
  {
    name: 'edge-address-new',
    path: '/hosts',
    act: async (page) => {
      await page.getByRole('link', { name: 'front-door-camera' }).last().click();
      await page.getByRole('button', { name: 'Options for its address' }).click();
      const dialog = page.locator('sg-new-address-dialog');
      await dialog.getByLabel('Ports').fill('80, 554');
      await dialog.getByLabel('Only for').fill('tag:support');
      await dialog.getByRole('button', { name: 'Preview' }).click();
      await page.getByText('This would be added').waitFor();
    },
  },
  {
    name: 'edge-template-new',
    path: '/forwards',
    act: async (page) => {
      await page.getByRole('button', { name: 'Add a template' }).click();
      const dialog = page.locator('sg-template-dialog');
      await dialog.getByLabel('Name', { exact: true }).fill('door');
      await dialog.getByLabel('Camera', { exact: true }).check();
      await dialog.getByLabel('Ports', { exact: true }).fill('80, 554, 8000');
      await dialog.getByLabel('Publish new hosts').check();
      await dialog.getByRole('button', { name: 'Preview' }).click();
      await page.getByText('would be added').waitFor();
    },
  },
  {
    name: 'edge-template-error',
    path: '/forwards',
    act: async (page) => {
      await page.getByRole('button', { name: 'Add a template' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
    },
  },
  {
    name: 'edge-template-apply',
    path: '/forwards',
    act: async (page) => {
      await page.getByRole('button', { name: 'Publish all hosts of template camera' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'edge-address-edit',
    path: '/forwards',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit address of diskstation' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'edge-forwards-import',
    path: '/forwards',
    act: async (page) => {
      const forward = { targetPort: 80, target: { address: '192.168.1.20' } };
      const file = {
        format: 'sidegate-publications',
        version: 1,
        forwards: [
          { ...forward, edgePort: 8001, label: 'Garden camera, back' },
          { ...forward, edgePort: 8044 },
          { ...forward, edgePort: 22 },
        ],
      };
      const buffer = Buffer.from(JSON.stringify(file));
      const chosen = { name: 'alder.json', mimeType: 'application/json', buffer };
      await page.locator('input[type=file]').setInputFiles(chosen);
      await page.getByText('What alder.json would change').scrollIntoViewIfNeeded();
    },
  },
  { name: 'edge-scopes', path: '/scopes' },
  {
    name: 'edge-peers',
    path: '/peers',
    act: async (page) => page.getByText('Why this path').first().click(),
  },
  { name: 'edge-missing', path: '/nowhere' },
];
const PORTAL: readonly Shot[] = [
  { name: 'portal-edges', path: '/' },
  {
    name: 'portal-node',
    path: '/',
    act: async (page) => {
      await page.getByRole('link', { name: 'Details of alder' }).click();
      await page.getByRole('heading', { name: 'Paths' }).waitFor();
    },
  },
  {
    name: 'portal-node-edit',
    path: '/',
    act: async (page) => {
      await page.getByRole('link', { name: 'Details of birch' }).click();
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'portal-machines', path: '/machines' },
  {
    name: 'portal-add',
    path: '/add',
  },
  {
    name: 'portal-add-created',
    path: '/add',
    act: async (page) => {
      await page.getByLabel('Name of the key').fill('Fir, Waldweg 9');
      await page.getByRole('button', { name: 'Create key' }).click();
      await page.getByRole('button', { name: 'Copy command' }).waitFor();
    },
  },
  {
    name: 'portal-device-made',
    path: '/device',
    act: async (page) => {
      await page.getByLabel('Name of the device').fill('tess-phone');
      await page.getByRole('button', { name: 'Make the profile' }).click();
      await page.getByRole('img', { name: 'QR code' }).waitFor();
    },
  },
  {
    name: 'portal-device-outdated',
    path: '/machines',
    act: async (page) => {
      await page.getByRole('link', { name: 'van-tablet' }).click();
      await page.getByText('is out of date').waitFor();
    },
  },
  { name: 'portal-device', path: '/device' },
  { name: 'portal-approve', path: '/approve?code=bcdfghjk' },
  { name: 'portal-approve-unknown', path: '/approve?code=ZZZZ-ZZZZ' },
  { name: 'portal-users', path: '/users' },
  { name: 'portal-audit', path: '/audit' },
  {
    name: 'portal-account',
    path: '/account',
    act: async (page) => page.getByRole('button', { name: 'Kim Sørensen' }).click(),
  },
];

const browser = await chromium.launch(CHROMIUM);
await mkdir(directory, { recursive: true });

const shoot = async (page: Page, name: string): Promise<void> => {
  if (!name.includes(only)) return;
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(350);
  // A modal covers what is in view, and nothing below it.
  const fullPage = (await page.locator('dialog[open]').count()) === 0;
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage });
};

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await using fakes = await startFakes({});
    await using fresh = await startFakes({ setup: true, empty: true });
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    page.on(
      'console',
      (message) =>
        message.type() === 'error' &&
        !message.text().includes('401') &&
        console.log('console:', message.text()),
    );
    page.on('pageerror', (error) => console.log('page error:', error.message));
    const visit = async (base: string, shots: readonly Shot[]): Promise<void> => {
      for (const { name, path, before, act } of shots) {
        if (!`${name}-${size}-${colorScheme}`.includes(only)) continue;
        await before?.(page);
        await page.goto(`${base}${path}`);
        await page.locator('h2, sg-empty').first().waitFor();
        await act?.(page);
        await shoot(page, `${name}-${size}-${colorScheme}`);
        await page.unrouteAll({ behavior: 'ignoreErrors' });
      }
    };
    await page.goto(fakes.edgeUrl);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('LOGIN_WRONG').waitFor();
    await shoot(page, `edge-login-${size}-${colorScheme}`);
    await page.getByLabel('Password').fill(EDGE_PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'alder' }).waitFor();
    await visit(fakes.edgeUrl, EDGE);

    await page.goto(fakes.portalUrl);
    await page.getByLabel('E-mail').waitFor();
    await shoot(page, `portal-login-${size}-${colorScheme}`);
    await page.getByLabel('E-mail').fill('kim@example.com');
    await page.getByLabel('Password').fill(PORTAL_PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Open alder' }).waitFor();
    await visit(fakes.portalUrl, PORTAL);

    await page.goto(fresh.portalUrl);
    await page.getByLabel('Name of the account').fill('Acme Home Service');
    await shoot(page, `portal-setup-${size}-${colorScheme}`);
    await page.goto(fresh.edgeUrl);
    await page.getByLabel('Password').fill(EDGE_PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'alder' }).waitFor();
    await visit(
      fresh.edgeUrl,
      ['hosts', 'forwards', 'access'].map((name) => ({ name: `edge-${name}-empty`, path: `/${name}` })),
    );
    await context.close();
  }
}
await browser.close();
console.log(`pictures in ${directory}`);
