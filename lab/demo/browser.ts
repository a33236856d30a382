/** A browser on a lab machine: Debian's Chromium, started inside the machine's namespaces, driven from outside. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { Lab, Machine } from '../src/index.ts';

/** Chromium as root without a GPU, and without its calls home, which have nowhere to go. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts Chromium on `machine`. */
export const openBrowser = async (lab: Lab, machine: Machine): Promise<Browser> => {
  const wrapper = join(lab.directory, `chromium-${machine.name}`);
  await writeFile(
    wrapper,
    `#!/bin/sh\nexec nsenter ${machine.nsenterArgs.join(' ')} /usr/bin/chromium "$@"\n`,
  );
  await chmod(wrapper, 0o755);
  return await chromium.launch({ executablePath: wrapper, args: ARGUMENTS, headless: true });
};
