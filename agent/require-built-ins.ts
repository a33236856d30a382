/**
 * Parts of Node whose `import` costs more than they do: to an ES module Node shows every export of a part by its value,
 * which calls lazy getters. `node:http` has some that load the client behind `fetch`, `node:crypto` one that loads Web
 * Crypto. By `require` they come without.
 */
import type { Plugin } from 'esbuild';

const PARTS = /^node:(http|crypto)$/;
const NAMESPACE = 'required';

/** Has those parts required inside of the bundle, whichever way they are imported. */
export const requireBuiltIns = (): Plugin => ({
  name: 'require-built-ins',
  setup(build) {
    build.onResolve({ filter: PARTS }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: PARTS, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
});
