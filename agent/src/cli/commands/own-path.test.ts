import { describe, expect, test } from 'vitest';
import { NOW_MS, openFakeDaemon } from '../testing/fake-daemon.ts';
import { ADDRESS, FORWARD, PEERS, STATUS } from '../testing/samples.ts';
import { readAuthor } from './own-path.ts';

const PENDING = { id: FORWARD.id, what: FORWARD.url, endsAt: NOW_MS + 60_000 };
const ANSWERS = {
  'GET /status': { ...STATUS, pending: [PENDING] },
  'GET /peers': PEERS,
  'GET /forwards': [FORWARD],
  'GET /addresses': [ADDRESS],
  [`PATCH /forwards/${FORWARD.id}?via=192.168.1.10`]: { ...FORWARD, enabled: false },
  'POST /pending/confirm': undefined,
  'POST /pending/undo': undefined,
  'POST /down': undefined,
};
/** Runs a command as in an SSH session from this address. */
const openShell = async (from: string) => {
  const daemon = await openFakeDaemon(ANSWERS);
  const files: Record<string, string> = {
    '/proc/self/status': 'Name:\tnode\nPPid:\t7\n',
    '/proc/7/status': 'Name:\tsudo\nPPid:\t6\n',
    '/proc/7/environ': 'HOME=/root\0',
    '/proc/6/environ': `HOME=/home/anna\0SSH_CONNECTION=${from} 50000 192.168.1.2 22\0`,
  };
  const readFile = async (path: string) => files[path] ?? Promise.reject(new Error('no such file'));
  return {
    daemon,
    run: (line: string) => daemon.cli(line.split(' '), { readFile }),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
};

test('where a person sits is what SSH says of this shell or of those above it', async () => {
  const readFile = () => Promise.reject(new Error('no such file'));
  expect(await readAuthor({ env: { SSH_CONNECTION: '192.0.2.1 5 192.0.2.2 22' }, readFile })).toBe(
    '192.0.2.1',
  );
  expect(await readAuthor({ env: {}, readFile })).toBeUndefined();
});

test('who cuts the own way is told how to keep the change', async () => {
  await using shell = await openShell('192.168.1.10');
  const { err, exitCode } = await shell.run(`forward disable ${FORWARD.id}`);
  expect(exitCode).toBe(0);
  expect(err).toMatch(
    /^warning: You came here by .* is put back in 1:00 unless you run\n {2}sidegate confirm\n$/,
  );
});

describe('sidegate confirm', () => {
  test.each([
    ['confirm', 'confirm', 'the change is kept'],
    ['confirm --undo', 'undo', 'put back'],
  ])('sidegate %s', async (line, how, said) => {
    await using shell = await openShell('192.0.2.1');
    const { out } = await shell.run(line);
    expect(out).toBe(`${FORWARD.url}: ${said}.\n`);
    expect(shell.daemon.asked.at(-1)).toContain(`POST /pending/${how}`);
    expect(JSON.parse((await shell.run(`${line} --json`)).out)).toEqual([PENDING]);
  });

  test('says kindly that nothing waits', async () => {
    await using daemon = await openFakeDaemon({ 'GET /status': STATUS });
    expect((await daemon.cli(['confirm'])).out).toBe('Nothing waits to be confirmed.\n');
  });
});

test('`down` from a shell that came through the network is refused, unless it is meant', async () => {
  for (const from of [PEERS[0]!.address4, FORWARD.targetAddress!]) {
    await using shell = await openShell(from);
    expect(await shell.run('down')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('down --yes'),
    });
    expect(shell.daemon.asked.join()).not.toContain('/down');
    expect((await shell.run('down --yes')).exitCode).toBe(0);
  }
  await using shell = await openShell('192.168.1.77');
  expect((await shell.run('down')).exitCode).toBe(0);
});
