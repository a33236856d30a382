/** What we ship has a size, and runs on the oldest Node it is meant for. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ROOT } from '@sidegate/lab/demo';
import { expect, test } from 'vitest';
import { STATIC_TYPES } from '../../agent/leave-out.ts';

const AGENT = join(ROOT, 'agent/dist/sidegate.mjs');
const BROKER = join(ROOT, 'broker/dist/sidegate-broker.mjs');
const WEB_UI = join(ROOT, 'webui/dist/edge');

/** Bytes; the agent's goal is 400 kB, see ADR 12 for what it is made of and what stands above the goal. */
test.each([
  [AGENT, 660_000],
  [BROKER, 1_300_000],
])('%s keeps its size', (path, limitBytes) => {
  expect(statSync(path).size, 'an old bundle? `make build` makes it anew').toBeLessThanOrEqual(limitBytes);
});

/** Nodes that may be on the machine beside our own. */
const runtimes = [process.execPath, '/usr/bin/node', '/usr/local/bin/node'].filter((path) => {
  if (!existsSync(path)) return false;
  const [major, minor] = execFileSync(path, ['--version'], { encoding: 'utf8' })
    .slice(1)
    .split('.')
    .map(Number);
  return major! > 20 || (major === 20 && minor! >= 11);
});

test.each(runtimes)('the agent runs on %s', (node) => {
  expect(execFileSync(node, [AGENT, '--help'], { encoding: 'utf8' })).toContain(
    'the side gate into a home network',
  );
});

/** Parts of Node that take megabytes and that nobody asks for; an import of another part may bring them along. */
const UNWANTED = /^NativeModule internal\/(deps\/undici\/undici|http2\/core|crypto\/webcrypto)$/;

test.each(runtimes)('the agent does without the heavy parts of %s', (node) => {
  const probe = `process.on('exit', () => console.error(process.moduleLoadList.join('\\n')));`;
  const options = ['--import', `data:text/javascript,${encodeURIComponent(probe)}`, AGENT, '--help'];
  const { stderr } = spawnSync(node, options, { encoding: 'utf8' });
  const loaded = stderr.split('\n');
  expect(loaded).toContain('NativeModule http');
  expect(loaded.filter((name) => UNWANTED.test(name))).toEqual([]);
});

test.skipIf(!existsSync(WEB_UI))('the agent knows the type of every file of its web UI', () => {
  const files = readdirSync(WEB_UI, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  // Packages carry some files compressed as well; those have the type of what is inside.
  const extensions = new Set(files.map(({ name }) => extname(name.replace(/\.(gz|br)$/, '')).slice(1)));
  expect([...extensions].filter((extension) => !(extension in STATIC_TYPES))).toEqual([]);
});
