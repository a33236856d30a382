/**
 * Importing a part of Node costs more than the part: to an ES module Node shows every export by its value, which calls
 * lazy getters. `node:http` has some that load the client behind `fetch`, `node:crypto` one that loads Web Crypto. And
 * all imports of a bundle come first, also those of what is loaded on demand. By `require` a part comes without that,
 * and when it is wanted.
 */
import type { Plugin } from 'esbuild';

const PARTS = /^node:/;
const NAMESPACE = 'required';

/** Has them required inside of the bundle, whichever way they are imported. */
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
