/** Builds both apps into `dist/edge` and `dist/portal`, each file also as .br and .gz for servers that send them. */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';

/** Below this many bytes a compressed copy saves nothing worth a file. */
const COMPRESS_FROM_BYTES = 1024;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const compressAll = async (directory: string): Promise<void> => {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.(js|css|svg|html)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    if (content.length < COMPRESS_FROM_BYTES) continue;
    await writeFile(`${path}.br`, brotliCompressSync(content));
    await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  }
};

/** Puts a finished directory in the place of an older one: a server that reads it never sees half a build. */
const replaceDirectory = async (finished: string, place: string): Promise<void> => {
  const old = `${finished}.old`;
  await rename(place, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(finished, place);
  await rm(old, { recursive: true, force: true });
};

for (const app of ['edge', 'portal']) {
  process.env.SG_APP = app;
  const outDir = here(`dist/.${app}-${process.pid}`);
  try {
    await build({ configFile: here('vite.config.ts'), logLevel: 'warn', build: { outDir } });
    await compressAll(outDir);
    await replaceDirectory(outDir, here(`dist/${app}`));
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  console.log(`built webui/dist/${app}`);
}
