import { expect, it } from 'vitest';
import { redactArgv } from './redact-argv.ts';
import { createFollow, createRun } from './run.ts';

const run = createRun();

it('hands over output, exit code and input without a shell', async () => {
  const result = await run('cat', ['-'], { input: 'a $HOME;b\n' });
  expect(result).toEqual({ stdout: 'a $HOME;b\n', stderr: '', exitCode: 0 });
});

it('lets a program open /dev/stdin, from its beginning', async () => {
  expect((await run('cat', ['/dev/stdin'], { input: 'key' })).stdout).toBe('key');
});

it('gives a fixed environment and nothing of its own', async () => {
  process.env.SIDEGATE_LEAK = 'secret';
  const { stdout } = await run('env', []);
  expect(stdout).toContain('LC_ALL=C\n');
  expect(stdout).not.toContain('SIDEGATE_LEAK');
});

it('fails with a code for each kind of trouble', async () => {
  await expect(run('no-such-program', [])).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
  await expect(run('ls', ['/no/such/file'])).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    details: { command: 'ls /no/such/file', exitCode: 2 },
  });
  await expect(run('sleep', ['5'], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'COMMAND_TIMED_OUT' });
  await expect(run('yes', [])).rejects.toMatchObject({ code: 'COMMAND_OUTPUT_TOO_LARGE' });
});

it('accepts the exit codes named', async () => {
  expect((await run('false', [], { okCodes: [1] })).exitCode).toBe(1);
});

it('rejects with the reason of an abort and ends the program', async () => {
  const controller = new AbortController();
  const running = run('sleep', ['60'], { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(running).rejects.toThrow('stopped');
  await expect(run('true', [], { signal: controller.signal })).rejects.toThrow('stopped');
});

it('hands over lines as they come, and the whole at the end', async () => {
  const lines: string[] = [];
  const result = await run('seq', ['1', '3'], { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(['1', '2', '3']);
  expect(result.stdout).toBe('1\n2\n3\n');
});

it('follows a program until it is told to stop', async () => {
  const controller = new AbortController();
  const lines: string[] = [];
  const following = createFollow()('yes', ['on'], {
    signal: controller.signal,
    onLine: (line) => {
      lines.push(line);
      controller.abort(new Error('enough'));
    },
  });
  await expect(following).rejects.toThrow('enough');
  expect(lines[0]).toBe('on');
});

it('shows arguments without their secrets', () => {
  expect(redactArgv(['wg', 'set', 'sg0', 'private-key', '/dev/stdin', 'peer', 'abc'])).toBe(
    'wg set sg0 private-key /dev/stdin peer abc',
  );
  expect(redactArgv(['x', '--password', 'hunter2', '--token=abc', 'https://u:p@h/'])).toBe(
    'x --password [secret] --token=[secret] https://[secret]@h/',
  );
});

it('kills a program that does not want to end, though its children hold the pipes', async () => {
  const script = 'trap "" TERM; sleep 3 & echo started; while true; do sleep 0.05; done';
  const controller = new AbortController();
  const running = run('sh', ['-c', script], {
    signal: controller.signal,
    onLine: () => controller.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
});
