/**
 * Bundles the agent into one file for every architecture: `dist/sidegate.mjs`, and beside it `metafile.json`, which
 * the budget and boundary tests read. The bundler is the only emitter.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { leaveOut } from './leave-out.ts';
import { requireBuiltIns } from './require-built-ins.ts';

const agentDirectory = dirname(fileURLToPath(import.meta.url));
const outDirectory = join(agentDirectory, 'dist');
const outFile = join(outDirectory, 'sidegate.mjs');

/** CommonJS dependencies ask for Node's own modules by `require`, which ES modules do not have. */
const BANNER = [
  'import { createRequire as sidegateCreateRequire } from "node:module";',
  'const require = sidegateCreateRequire(import.meta.url);',
].join('\n');

await mkdir(outDirectory, { recursive: true });
const { metafile } = await build({
  entryPoints: [join(agentDirectory, 'src/main.ts')],
  outfile: outFile,
  bundle: true,
  splitting: false,
  platform: 'node',
  format: 'esm',
  // Debian 13 and OpenWrt 24.10 ship a later Node 20; for 32-bit ARM our own package has this one.
  target: 'node20.11',
  minify: true,
  // One character beyond Latin-1 would make V8 keep the whole text in two bytes a character.
  charset: 'ascii',
  legalComments: 'none',
  metafile: true,
  banner: { js: BANNER },
  plugins: [leaveOut(), requireBuiltIns()],
  logLevel: 'warning',
});
await chmod(outFile, 0o755);
await writeFile(join(outDirectory, 'metafile.json'), JSON.stringify(metafile));
for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
  console.log(`${file}: ${(bytes / 1000).toFixed(1)} kB`);
}
