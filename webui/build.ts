/** Builds both apps into `dist/edge` and `dist/portal`, each file also as .br and .gz for servers that send them. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';

/** Below this many bytes a compressed copy saves nothing worth a file. */
const COMPRESS_FROM_BYTES = 1024;
const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));

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

for (const app of ['edge', 'portal']) {
  process.env.SG_APP = app;
  await build({ configFile, logLevel: 'warn' });
  await compressAll(fileURLToPath(new URL(`dist/${app}`, import.meta.url)));
  console.log(`built webui/dist/${app}`);
}
