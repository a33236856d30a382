/** What the agent's bundle leaves out of its libraries is not missed: programs run as they do from source. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@sidegate/lab/demo';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { leaveOut } from '../../agent/leave-out.ts';
import { requireBuiltIns } from '../../agent/require-built-ins.ts';
import type { createFollow, createRun } from '../../agent/src/system/run.ts';

/** As the agent's own build has it. */
const NODE_REQUIRE =
  'import { createRequire as sidegateCreateRequire } from "node:module"; const require = sidegateCreateRequire(import.meta.url);';

let directory: string;
let run: ReturnType<typeof createRun>;
let follow: ReturnType<typeof createFollow>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sidegate-leave-out-'));
  const outfile = join(directory, 'run.mjs');
  await build({
    stdin: {
      // sirv is the other library that is left without a part.
      contents: `export * from './run.ts'; export { createStaticUi } from '../plugins/web/static-ui.ts';`,
      resolveDir: join(ROOT, 'agent/src/system'),
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: NODE_REQUIRE },
    plugins: [leaveOut(), requireBuiltIns()],
    logLevel: 'error',
  });
  const bundled = await import(outfile);
  run = bundled.createRun();
  follow = bundled.createFollow();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it('runs programs', async () => {
  expect(await run('cat', ['/dev/stdin'], { input: 'key' })).toEqual({
    stdout: 'key',
    stderr: '',
    exitCode: 0,
  });
  const lines: string[] = [];
  await run('seq', ['1', '3'], { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(['1', '2', '3']);
});

it('tells why they failed', async () => {
  await expect(run('no-such-program', [])).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
  await expect(run('ls', ['/no/such/file'])).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
  await expect(run('sleep', ['5'], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'COMMAND_TIMED_OUT' });
  await expect(run('yes', [])).rejects.toMatchObject({ code: 'COMMAND_OUTPUT_TOO_LARGE' });
  await expect(run('sh', ['-c', 'kill -KILL $$'])).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
});

it('ends them', async () => {
  const controller = new AbortController();
  const running = run('sleep', ['60'], { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  const enough = new AbortController();
  const onLine = () => enough.abort(new Error('enough'));
  await expect(follow('yes', [], { signal: enough.signal, onLine })).rejects.toThrow('enough');
});
