/**
 * Builds or serves one of the two apps: `SG_APP=edge` or `portal`. Nothing is inlined, so the strict
 * Content-Security-Policy of agent and broker holds; chunks find each other relative to themselves, so the code
 * may be mounted elsewhere (LuCI), while the page itself lives at `/`.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const app = process.env.SG_APP === 'portal' ? 'portal' : 'edge';
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** Where the fake API of this app listens; see fake/server.ts. */
const fake = { target: `http://127.0.0.1:${app === 'portal' ? 5180 : 5181}`, changeOrigin: false };

export default defineConfig({
  root: here(app),
  base: '/',
  publicDir: here('shared/public'),
  cacheDir: here(`../node_modules/.vite/${app}`),
  experimental: {
    renderBuiltUrl: (filename, { hostType }) => (hostType === 'html' ? `/${filename}` : { relative: true }),
  },
  build: {
    outDir: here(`dist/${app}`),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { port: app === 'portal' ? 5170 : 5171, proxy: { '/api': fake, '/v1': fake } },
});
