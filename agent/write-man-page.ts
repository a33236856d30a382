/** Writes `man/sidegate.1` from the table of commands: `npx node agent/write-man-page.ts`. A test holds it up to date. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { COMMANDS } from './src/cli/command-table.ts';
import { renderManPage } from './src/cli/render-man-page.ts';

const path = new URL('./man/sidegate.1', import.meta.url);
mkdirSync(new URL('./', path), { recursive: true });
writeFileSync(path, renderManPage(COMMANDS));
