/**
 * `make demo-check`: the main job without a person. Prints each step with its time, takes the screenshots of the
 * README into `docs/screenshots/`, ends with 0 when everything was as a person expects.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from './browser.ts';
import { doMainJob, type Observe } from './main-job.ts';
import { ROOT } from './paths.ts';
import { createWorld } from './world.ts';

const SHOTS = join(ROOT, 'docs/screenshots');
const startedAt = performance.now();

const say = (what: string, ms?: number) => {
  const at = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
  console.log(`${at} s  ${what}${ms === undefined ? '' : `  (${(ms / 1000).toFixed(2)} s)`}`);
};

const observe: Observe = async (step, page, stepStartedAt) => {
  say(step, performance.now() - stepStartedAt);
  await page.screenshot({ path: join(SHOTS, `${step.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.png`) });
};

const check = async (): Promise<void> => {
  await mkdir(SHOTS, { recursive: true });
  await using world = await createWorld(say);
  say('everybody is enrolled');
  const browser = await openBrowser(world.lab, world.laptop.machine);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const { cameraUrl } = await doMainJob(await context.newPage(), world.brokerUrl, observe);
    say(`the camera is at ${cameraUrl}`);
  } finally {
    await browser.close();
  }
};

try {
  await check();
  say('the main job works');
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 1;
}
