/** What the pages weigh and how they are built, held against the bundler's real output. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { describe, expect, test } from 'vitest';

/** The first load of the edge UI, compressed. The portal is held to the same. */
const FIRST_LOAD_BYTES = 60_000;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

type Output = Rolldown.OutputChunk | Rolldown.OutputAsset;

const buildApp = async (app: 'edge' | 'portal'): Promise<readonly Output[]> => {
  process.env.SG_APP = app;
  // The config reads SG_APP when it is loaded, which happens anew for each build.
  const result = await build({
    configFile: here('vite.config.ts'),
    logLevel: 'error',
    build: { write: false },
  });
  return (Array.isArray(result) ? result : [result]).flatMap((one) => ('output' in one ? one.output : []));
};

const contentOf = (file: Output): Buffer =>
  Buffer.from(file.type === 'chunk' ? file.code : (file.source as string | Uint8Array));
const compressedSize = (files: readonly Output[]): number =>
  files.reduce((sum, file) => sum + gzipSync(contentOf(file), { level: 9 }).length, 0);

/** A chunk and everything it needs before it runs. */
const withImports = (output: readonly Output[], names: readonly string[]): Output[] => {
  const found = new Map<string, Output>();
  const visit = (fileName: string): void => {
    const file = output.find((one) => one.fileName === fileName);
    if (file === undefined || found.has(fileName)) return;
    found.set(fileName, file);
    if (file.type === 'chunk') file.imports.forEach(visit);
  };
  names.forEach(visit);
  return [...found.values()];
};

describe.each([
  ['edge', 'sg-overview-panel'],
  ['portal', 'sg-edges-panel'],
] as const)('%s', (app, firstPanel) => {
  test('the first load, start page included, is within its budget', { timeout: 60_000 }, async () => {
    const output = await buildApp(app);
    const chunks = output.filter((file) => file.type === 'chunk');
    const first = chunks.filter(
      ({ isEntry, facadeModuleId }) => isEntry || facadeModuleId?.includes(firstPanel),
    );
    expect(first).toHaveLength(2);
    const page = output.filter(({ fileName }) => /\.(html|css)$/.test(fileName));
    const size = compressedSize([
      ...page,
      ...withImports(
        output,
        first.map(({ fileName }) => fileName),
      ),
    ]);
    console.log(`${app}: first load ${size} bytes compressed (${chunks.length} chunks)`);
    expect(size).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
  });

  test('nothing in the page needs an inline script or style', { timeout: 60_000 }, async () => {
    const page = (await buildApp(app)).find(({ fileName }) => fileName === 'index.html');
    const html = page === undefined ? '' : contentOf(page).toString();
    expect(html).toContain('type="module"');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
    // Deep addresses serve the same page, so its parts are named from the root.
    const urls = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(urls.length).toBeGreaterThanOrEqual(3);
    expect(urls.filter((url) => !/^\/[^/]/.test(url))).toEqual([]);
  });
});

/** Who may import whom in the web UI; each forbidden edge with its reason. */
const FORBIDDEN: readonly { readonly in: RegExp; readonly imports: RegExp; readonly reason: string }[] = [
  { in: /\/data\//, imports: /^lit|^@lit|\/components\/sg-|\/panels\//, reason: 'data knows no elements' },
  { in: /\/components\//, imports: /\/panels\/|api-client\.ts|fetch/, reason: 'components never fetch' },
  { in: /^shared\//, imports: /\/(edge|portal)\//, reason: 'what is shared knows no app' },
  { in: /^edge\//, imports: /\/portal\//, reason: 'the apps do not know each other' },
  { in: /^portal\//, imports: /\/edge\//, reason: 'the apps do not know each other' },
  { in: /^(shared|edge|portal)\//, imports: /\/(fake|testing)\//, reason: 'fakes are never shipped' },
];
/** Tests, and what helps them. */
const OF_TESTS = /\.test\.ts$|\/testing\//;
/** The frame of the apps is the one element that makes the client. */
const EXCEPT = 'shared/components/sg-app.ts';

test('layers import only what is below them', async () => {
  const wrong: string[] = [];
  for (const folder of ['shared', 'edge', 'portal']) {
    for (const entry of await readdir(here(folder), { recursive: true })) {
      const file = join(folder, entry);
      if (!file.endsWith('.ts') || OF_TESTS.test(file) || file === EXCEPT) continue;
      const source = await readFile(here(file), 'utf8');
      for (const [, target = ''] of source.matchAll(/^\s*(?:import|export)\s[^;]*?['"]([^'"]+)['"]/gm)) {
        for (const rule of FORBIDDEN) {
          if (rule.in.test(file) && rule.imports.test(target))
            wrong.push(`${file} -> ${target}: ${rule.reason}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});
