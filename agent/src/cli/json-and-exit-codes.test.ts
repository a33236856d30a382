import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ANSWERS, OPEN } from './testing/answers.ts';
import { openFakeDaemon, runCliIn } from './testing/fake-daemon.ts';
import { CAMERA, FORWARD, HOSTS, PEERS, SCOPES, STATUS } from './testing/samples.ts';

describe('--json', () => {
  test.each([
    ['status', STATUS],
    ['peers', PEERS],
    ['hosts', HOSTS],
    ['host front_door', CAMERA],
    ['forward list', [FORWARD]],
    ['forward add 192.168.1.10:80', FORWARD],
    ['forward remove 8001', FORWARD],
    ['forward remove 8001 --dry-run', { forward: FORWARD, ruleset: '', cuts: [OPEN] }],
    ['scope list', SCOPES],
    ['scope add 10.20.0.0/24', SCOPES[1]],
    ['scope remove 10.20.0.0/24', SCOPES[1]],
    ['down', { state: 'down' }],
    ['version', { version: '1.2.3' }],
  ])('sidegate %s prints what the daemon said', async (line, expected) => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const argv = line.split(' ').map((word) => word.replace('_door', ' door'));
    const { out, err, exitCode } = await daemon.cli([...argv, '--json']);
    expect(JSON.parse(out)).toEqual(expected);
    expect([err, exitCode]).toEqual(['', 0]);
  });

  test('an error is JSON on stderr, with its code', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { out, err, exitCode } = await daemon.cli(['host', 'nobody', '--json']);
    expect([out, exitCode]).toEqual(['', 1]);
    expect(JSON.parse(err).error).toMatchObject({ code: 'HOST_UNKNOWN', message: 'There is no host nobody' });
  });
});

describe('exit codes', () => {
  const refuse = (status: number) => ({
    'GET /status': { refusal: { status, code: 'X', message: 'No', hint: 'Ask.' } },
  });

  test('3 without a daemon', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sidegate-cli-'));
    const { exitCode, err } = await runCliIn(directory, ['status']);
    expect([exitCode, err]).toEqual([
      3,
      expect.stringMatching(/^error: The daemon is not running .*\nhint: Start it: .*\n$/),
    ]);
    await rm(directory, { recursive: true });
  });

  test('4 where the daemon does not permit it, 1 where it failed', async () => {
    await using strict = await openFakeDaemon(refuse(403));
    expect(await strict.cli(['status'])).toEqual({ exitCode: 4, out: '', err: 'error: No\nhint: Ask.\n' });
    await using broken = await openFakeDaemon(refuse(502));
    expect((await broken.cli(['status'])).exitCode).toBe(1);
  });

  test('1 where the daemon says what nobody understands', async () => {
    await using daemon = await openFakeDaemon({ 'GET /status': { state: 'elsewhere' } });
    const { exitCode, err } = await daemon.cli(['status', '--json']);
    expect([exitCode, JSON.parse(err).error.code]).toEqual([1, 'DAEMON_NOT_UNDERSTOOD']);
  });

  test.each([
    ['frobnicate'],
    ['statsu'],
    ['forward'],
    ['host'],
    ['hosts', '--kind', 'toaster'],
    ['hosts', '--nonsense'],
    ['hosts', 'surplus'],
    ['forward', 'add', '192.168.1.10'],
    ['forward', 'add', '192.168.1.10:99999'],
    ['forward', 'add', '192.168.1.10:80', '--udp', '--both'],
    ['forward', 'add', '192.168.1.10:80', '--for', 'ever'],
    ['forward', 'add', '192.168.1.10:90-80'],
    ['forward', 'add', '192.168.1.10:80-'],
    ['forward', 'add', '192.168.1.10:80', '--allow', 'laptop,group:all'],
    ['forward', 'add', '192.168.1.10:80', '--for', '2h', '--until', '18:00'],
    ['forward', 'add', '192.168.1.10:80', '--port', '0'],
    ['address', 'add', '192.168.1.10', '--ports', 'http'],
    ['address', 'add', '192.168.1.10', '--ports', '90-80'],
    ['scope', 'add', '10.20.0.0'],
    ['scope', 'add', '10.20.0.0/24', '--every', '5m'],
    ['scope', 'add', '10.20.0.0/24', '--ports', '80,http'],
    ['scan', '--sender', '192.168.55.1'],
    ['up', '--broker', 'not a url'],
    ['up', '--name', 'no_good'],
    ['completion', 'powershell'],
  ])('2 for sidegate %s %s %s', async (...argv) => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { exitCode, out, err } = await daemon.cli(argv.filter((word) => word !== undefined));
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toMatch(/^error: .+\nhint: .+\n$/);
    expect(daemon.asked).toEqual([]);
  });

  test('a slip of the pen gets a suggestion', async () => {
    await using daemon = await openFakeDaemon();
    expect((await daemon.cli(['statsu'])).err).toContain('did you mean status?');
    expect((await daemon.cli(['forward', 'rmove'])).err).toContain('did you mean forward remove?');
  });
});
