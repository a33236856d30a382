/** `make packages`: every package of the manifest into `dist/packages`. The agent and the broker are built before. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ORIGIN, PACKAGES } from './manifest.ts';
import { RUNTIMES } from './runtimes.ts';
import { buildPackages } from './src/build-packages.ts';
import { readSourceDate } from './src/source-date.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/packages');

const packages = buildPackages([...PACKAGES, ...RUNTIMES], {
  root,
  origin: ORIGIN,
  epochSec: readSourceDate(root),
});
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const { fileName, bytes } of packages) {
  writeFileSync(join(out, fileName), bytes);
  console.log(`dist/packages/${fileName}: ${(bytes.length / 1000).toFixed(1)} kB`);
}
