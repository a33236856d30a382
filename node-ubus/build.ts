/**
 * The package as npm gets it, in `dist/`: JavaScript and declarations by the compiler, and a package.json whose exports
 * lead there. In this repository the sources themselves are what is imported. `npm publish node-ubus/dist` publishes.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

const entry = (path: string) => ({ types: `./${path}.d.ts`, default: `./${path}.js` });

/** Writes the package into `out` and nothing besides. */
export const buildPackage = (out: string): void => {
  rmSync(out, { recursive: true, force: true });
  execFileSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.build.json'), '--outDir', out], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const published = {
    ...manifest,
    exports: { '.': entry('index'), './testing': entry('testing/index') },
    types: './index.d.ts',
    sideEffects: false,
  };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  for (const file of ['README.md', 'LICENSE']) cpSync(join(folder, file), join(out, file));
};

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPackage(join(folder, 'dist'));
