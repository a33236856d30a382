import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from './command-table.ts';
import { renderCompletion } from './render-completion.ts';
import { renderManPage } from './render-man-page.ts';
import { runCliIn } from './testing/fake-daemon.ts';

const help = async (...argv: string[]) => (await runCliIn('/nonexistent', argv)).out;

describe('help', () => {
  test('the overview names every command and the exit codes', async () => {
    const text = await help('--help');
    for (const { path } of COMMANDS) expect(text).toContain(`\n  ${path.join(' ')}`);
    await expect(text).toMatchFileSnapshot('./golden/help.golden.txt');
    expect(await help()).toBe(text);
    expect(await help('help')).toBe(text);
  });

  test('a command and a group explain themselves', async () => {
    await expect(await help('forward', 'add', '--help')).toMatchFileSnapshot(
      './golden/help-forward-add.golden.txt',
    );
    await expect(await help('help', 'forward')).toMatchFileSnapshot('./golden/help-forward.golden.txt');
    expect(await help('status', '-h')).toContain('sidegate status');
  });
});

test('the man page in the repository is that of the table', () => {
  const path = new URL('../../man/sidegate.1', import.meta.url);
  expect(readFileSync(path, 'utf8')).toBe(renderManPage(COMMANDS));
});

describe('completion', () => {
  const complete = (...words: string[]): string[] => {
    const script = `${renderCompletion('bash', COMMANDS)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sidegate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const output = execFileSync('bash', ['-c', script, 'bash', 'sidegate', ...words], { encoding: 'utf8' });
    return output.split('\n').filter((line) => line !== '');
  };

  test('bash knows commands, sub-commands, options and choices', () => {
    expect(complete('sta')).toEqual(['status']);
    expect(complete('forward', 'e')).toEqual(['enable', 'export']);
    expect(complete('forward', 'add', '--dr')).toEqual(['--dry-run']);
    expect(complete('hosts', '--kind', 'cam')).toEqual(['camera']);
    expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish', '--json', '--help']);
  });

  test('zsh and fish get every command', () => {
    for (const shell of ['zsh', 'fish'] as const) {
      const script = renderCompletion(shell, COMMANDS);
      for (const { path } of COMMANDS) expect(script).toContain(path.at(-1));
    }
  });
});
