/** Bundles the broker into one file: `broker/dist/sidegate-broker.mjs`, for Node 24.7 and newer, which have SQLite and argon2 built in. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('src/main.ts')],
  outfile: here('dist/sidegate-broker.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node24.7',
  format: 'esm',
  legalComments: 'external',
  // Dependencies in CommonJS expect a `require`; an ES module has none.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  external: ['pg-native'],
});
