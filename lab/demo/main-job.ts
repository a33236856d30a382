/**
 * The main job as a person does it, in a browser on the technician's laptop: from the portal's log-in to the page of
 * a camera behind two NATs, on a LAN with the same numbers as the laptop's own.
 */
import type { Page } from 'playwright-core';
import { TECHNICIAN } from './world.ts';

/** Called after every step, with the page as it then is. */
export type Observe = (step: string, page: Page, startedAtMs: number) => Promise<void>;

/** Where the job ends up. */
export interface MainJobResult {
  /** The URL of the published camera. */
  readonly cameraUrl: string;
  /** The page that shows the camera. */
  readonly camera: Page;
}

const LONG = { timeout: 20_000 };

/** Logs in to the portal and waits for the list of edges. */
export const doLogIn = async (page: Page, portalUrl: string): Promise<void> => {
  await page.goto(portalUrl);
  await page.getByLabel('E-mail').fill(TECHNICIAN.email);
  await page.getByLabel('Password').fill(TECHNICIAN.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Open alder' }).waitFor(LONG);
};

/** Does it all; throws at the first thing that is not as a person expects. */
export const doMainJob = async (page: Page, portalUrl: string, observe: Observe): Promise<MainJobResult> => {
  const step = async (what: string, action: () => Promise<void>, shown: Page = page) => {
    const startedAtMs = performance.now();
    await action();
    await observe(what, shown, startedAtMs);
  };
  await step('open the portal', async () => {
    await page.goto(portalUrl);
    await page.getByLabel('E-mail').waitFor(LONG);
  });
  await step('log in', () => doLogIn(page, portalUrl));
  await step('open alder through the tunnel', async () => {
    await page.getByRole('button', { name: 'Open alder' }).click();
    await page.waitForURL(/alder\.acme\.sidegate\.internal/, LONG);
    await page.getByRole('link', { name: 'Hosts' }).first().waitFor(LONG);
  });
  await step('scan the LAN', async () => {
    await page.getByRole('link', { name: 'Hosts' }).first().click();
    await page.getByRole('button', { name: 'Scan', exact: true }).click();
    await page
      .getByRole('link', { name: /camera/i })
      .first()
      .waitFor(LONG);
    await page.getByRole('button', { name: 'Scan', exact: true }).waitFor(LONG);
  });
  await step('look at the camera', async () => {
    await page
      .getByRole('link', { name: /camera/i })
      .first()
      .click();
    await page
      .getByRole('button', { name: /^Publish/ })
      .first()
      .waitFor(LONG);
  });
  let cameraUrl = '';
  await step('publish its page', async () => {
    await page
      .getByRole('button', { name: /^Publish.*80/ })
      .first()
      .click();
    const link = page.getByRole('link', { name: /^http:\/\/alder/ }).first();
    await link.waitFor(LONG);
    cameraUrl = (await link.getAttribute('href')) ?? '';
  });
  const camera = await page.context().newPage();
  await step(
    'see the camera',
    async () => {
      await camera.goto(cameraUrl, LONG);
      await camera
        .getByText(/camera/i)
        .first()
        .waitFor(LONG);
    },
    camera,
  );
  return { cameraUrl, camera };
};
