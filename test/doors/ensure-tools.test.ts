/** The first thing a newcomer meets: what `make run` says on a machine where it cannot work. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@sidegate/lab/demo';
import { afterAll, beforeAll, expect, test } from 'vitest';

let bin: string;
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'sidegate-doors-'));
  for (const tool of ['sh', 'sort', 'tr', 'printf', 'rm', 'mktemp', 'tail'])
    symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

/** Runs the script on a pretended machine. */
const ensureTools = (set: 'node' | 'lab', machine: { readonly system: string; readonly uid: number }) => {
  const pretend = (tool: string, answer: string) => {
    writeFileSync(join(bin, tool), `#!/bin/sh\necho ${answer}\n`);
    chmodSync(join(bin, tool), 0o755);
  };
  pretend('uname', machine.system);
  pretend('id', String(machine.uid));
  const { status, stdout, stderr } = spawnSync('/bin/sh', [join(ROOT, 'lab/ensure-tools.sh'), set], {
    env: { PATH: bin },
    encoding: 'utf8',
  });
  return { status, lines: `${stdout}${stderr}`.trim().split('\n') };
};

test('not Linux: one clear line and a non-zero exit', () => {
  const { status, lines } = ensureTools('lab', { system: 'Darwin', uid: 0 });
  expect(status).toBe(1);
  expect(lines).toEqual([
    expect.stringContaining('this needs Linux, for its network namespaces; this machine runs Darwin'),
  ]);
});

test('not root: one clear line and a non-zero exit', () => {
  const { status, lines } = ensureTools('lab', { system: 'Linux', uid: 1000 });
  expect(status).toBe(1);
  expect(lines).toEqual([expect.stringContaining('this needs root')]);
});

test('a missing tool, and nothing to install it with: one clear line that names the package', () => {
  const { status, lines } = ensureTools('node', { system: 'Linux', uid: 0 });
  expect(status).toBe(1);
  expect(lines).toEqual([expect.stringMatching(/apt-get is not here to install them: .*nodejs/)]);
});
