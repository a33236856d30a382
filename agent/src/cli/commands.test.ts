import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scan } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { type Answers, type CliResult, NOW_MS, openFakeDaemon, runCliIn } from './testing/fake-daemon.ts';
import {
  ADDRESS,
  CAMERA,
  CHANGES,
  FORWARD,
  HOSTS,
  NOT_ENROLLED,
  PEERS,
  SCAN,
  SCOPES,
  STATUS,
  SUGGESTIONS,
} from './testing/samples.ts';

const IMPORT_STEPS = [
  { noun: 'forward', what: 'added', title: '8001/tcp to 192.168.1.10:80' },
  { noun: 'forward', what: 'changed', title: '8002/tcp to 192.168.1.11:80', why: 'port, label' },
  { noun: 'address', what: 'unchanged', title: 'door to 192.168.1.12' },
];
const TEMPLATE = {
  name: 'camera',
  kinds: ['camera', 'doorbell'],
  macPrefixes: [],
  ports: ['80', '554'],
  as: 'forwards',
  auto: false,
  allow: [],
  from: 'built-in',
  hostIds: [CAMERA.id],
};
const STEPS = [
  { hostId: CAMERA.id, hostName: 'front door', what: 'added', title: '80/tcp by port 8001' },
  { hostId: CAMERA.id, hostName: 'front door', what: 'present', title: '554/tcp by port 5541' },
];
const ANSWERS: Answers = {
  'GET /status': STATUS,
  'GET /peers': PEERS,
  'GET /hosts': HOSTS,
  'GET /scopes': SCOPES,
  'GET /forwards': [FORWARD],
  'POST /forwards': FORWARD,
  'POST /forwards?dryRun=1': {
    forward: FORWARD,
    ruleset: 'map tcp_targets {\n  8001 : 192.168.1.10 . 80\n}',
  },
  'GET /publications': { format: 'sidegate-publications', version: 1 },
  'POST /publications/import?replace=0&dryRun=1': { isApplied: false, steps: IMPORT_STEPS },
  'POST /publications/import?replace=0': { isApplied: true, steps: IMPORT_STEPS },
  'POST /publications/import?replace=1&dryRun=1': {
    isApplied: false,
    steps: [{ ...IMPORT_STEPS[0], what: 'refused', why: 'Port 8001 of the edge is taken by sshd' }],
  },
  'GET /addresses': [ADDRESS],
  'POST /addresses': ADDRESS,
  'POST /addresses?dryRun=1': { address: ADDRESS, ruleset: 'table inet sidegate {\n}' },
  [`PATCH /addresses/${ADDRESS.id}`]: { ...ADDRESS, enabled: false },
  [`DELETE /addresses/${ADDRESS.id}`]: undefined,
  [`PATCH /forwards/${FORWARD.id}`]: { ...FORWARD, enabled: false },
  [`DELETE /forwards/${FORWARD.id}`]: undefined,
  'GET /templates': [
    TEMPLATE,
    { ...TEMPLATE, name: 'nas', as: 'address', ports: [], forSec: 7200, from: 'here' },
    { ...TEMPLATE, name: 'attic', kinds: [], ports: [], from: 'config', fault: 'there is no option portz' },
  ],
  'POST /templates?dryRun=1': { isApplied: false, steps: STEPS },
  'POST /templates': { ...TEMPLATE, name: 'door', from: 'here', auto: true },
  'DELETE /templates/door': undefined,
  'POST /templates/camera/apply': { isApplied: true, steps: STEPS },
  'POST /templates/camera/apply?dryRun=1': {
    isApplied: false,
    steps: [...STEPS, { ...STEPS[0], what: 'refused', why: 'No port of the edge is free' }],
  },
  [`POST /hosts/${CAMERA.id}/wake`]: { mac: CAMERA.mac, interfaceName: 'eth0', broadcast: '192.168.1.255' },
  [`GET /hosts/${CAMERA.id}/wake`]: { isAwake: true },
  'POST /scopes': SCOPES[1],
  [`PATCH /scopes/${SCOPES[1]?.id}`]: SCOPES[0],
  'GET /scopes/suggestions': SUGGESTIONS,
  'GET /changes': CHANGES,
  'POST /changes/seen': { since: NOW_MS, changes: [] },
  [`DELETE /scopes/${SCOPES[1]?.id}`]: undefined,
  'POST /down': undefined,
  'PUT /login/password': undefined,
};

/** Every file holds an object, and takes what it is given. */
const FILES = { readFile: async () => '{}', writeFile: async () => {} };

/** Output as it looks, each stream and the exit code named. */
const transcript = ({ exitCode, out, err }: CliResult): string =>
  `${out}${err === '' ? '' : `--- stderr\n${err}`}--- exit ${exitCode}\n`;

describe('human output', () => {
  const lines: readonly string[] = [
    'status',
    'peers',
    'peers --explain',
    'hosts',
    'hosts --kind camera',
    'hosts --search nothing',
    'hosts --changes',
    'hosts --changes --seen',
    'hosts --csv',
    'host 192.168.1.10',
    'host nobody',
    'forward list',
    'forward add front\u00a0door:80',
    'forward add 192.168.1.10:80 --port 8001 --both --label page',
    'forward add 192.168.1.10:80 --for 1h30m',
    'forward add 192.168.1.10:80 --allow laptop,tag:support,user:anna',
    'forward add 192.168.1.10:10000-10019 --udp',
    'forward add 192.168.1.10:80 --dry-run',
    'forward remove 8001',
    'forward export',
    'forward export --output /tmp/pubs.json',
    'forward import -',
    'forward import pubs.json --dry-run',
    'forward import pubs.json --replace',
    'address list',
    'address add front\u00a0door',
    'address add 192.168.1.10 --name door --ports 80,161/udp,10000-10019 --for 2h',
    'address add 192.168.1.10 --dry-run',
    'address remove front-door',
    'address disable 100.64.0.50',
    'forward disable f_forwardforwardfo',
    'forward enable 9999',
    'wake front\u00a0door',
    'forward set 8001 --for 2h --allow tag:support --wake',
    'forward set 8001',
    'forward set 8001 --until never --allow anyone --no-wake --label page',
    'address set front-door --ports 80,161/udp --name porch',
    'address set front-door --ports all --allow anyone',
    'wake front\u00a0door --wait',
    'forward add 192.168.1.10:80 --wake',
    'template list',
    'template add door --kind doorbell --mac 44:19:b6,bc:ad:28 --ports 80,554 --auto --allow tag:support --for 2h',
    'template add door --kind doorbell --ports 80,554 --dry-run',
    'template remove door',
    'template apply camera --host front\u00a0door',
    'template apply camera --dry-run',
    'scope list',
    'scope add 10.20.0.0/24 --label cameras',
    'scope add 192.168.55.0/24 --sender 192.168.55.1 --interface lan0 --every 6h --ports 80,8899 --rate 100',
    'scope set cameras --every usual --label page',
    'scope suggest',
    'scope remove cameras',
    'scope remove 10.99.0.0/24',
    'down',
    'down --forget',
    'version',
  ];
  test.each(lines)('sidegate %s', async (line) => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const argv = line.split(' ').map((word) => word.replace('\u00a0', ' '));
    const text = `$ sidegate ${line}\n${transcript(await daemon.cli(argv, FILES))}${daemon.asked.map((each) => `> ${each}\n`).join('')}`;
    await expect(text).toMatchFileSnapshot(`./golden/${line.replaceAll(/[^\w.-]+/g, '_')}.golden.txt`);
  });

  test('colours and the width of the terminal matter on a terminal only', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { out } = await daemon.cli(['hosts'], { isTTY: true } as never);
    await expect(out).toMatchFileSnapshot('./golden/hosts-on-a-terminal.golden.txt');
    const plain = await daemon.cli(['hosts'], {
      isTTY: true,
      env: { SIDEGATE_RUN_DIR: join(daemon.socketPath, '..'), NO_COLOR: '1' },
    } as never);
    expect(plain.out).not.toContain('\u001b');
  });

  test('what a device says never reaches the terminal as an order', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    for (const command of ['hosts', 'host front\u00a0door']) {
      const { out } = await daemon.cli(command.split(' ').map((word) => word.replace('\u00a0', ' ')));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });

  test.each([
    ['hosts', 'GET /hosts', 'No hosts yet: run `sidegate scan`.\n'],
    ['peers', 'GET /peers', /^No peers yet: /],
    ['forward list', 'GET /forwards', /^No forwards yet: /],
    ['address list', 'GET /addresses', /^No addresses yet: /],
    ['scope list', 'GET /scopes', /^No scopes: /],
  ])('sidegate %s says kindly that there is nothing', async (line, route, expected) => {
    await using daemon = await openFakeDaemon({ [route]: [] });
    const { out, exitCode } = await daemon.cli(line.split(' '));
    if (typeof expected === 'string') expect(out).toBe(expected);
    else expect(out).toMatch(expected);
    expect(exitCode).toBe(0);
  });

  test('a machine that has not joined says how to', async () => {
    await using daemon = await openFakeDaemon({ 'GET /status': NOT_ENROLLED });
    expect((await daemon.cli(['status'])).out).toMatch(/^box: not in a network yet: run `sidegate up`\n/);
  });
});

test('wake gives up when its time is over, and sends again meanwhile', async () => {
  const path = `/hosts/${CAMERA.id}/wake`;
  await using daemon = await openFakeDaemon({ ...ANSWERS, [`GET ${path}`]: { isAwake: false } });
  const { exitCode, err } = await daemon.cli(['wake', 'front door', '--wait', '--timeout', '12s']);
  expect([exitCode, err]).toEqual([1, expect.stringContaining('front door does not answer')]);
  expect(daemon.asked.filter((one) => one === `POST ${path}`)).toHaveLength(3);
});

describe('--json', () => {
  test.each([
    ['status', STATUS],
    ['peers', PEERS],
    ['hosts', HOSTS],
    ['host front_door', CAMERA],
    ['forward list', [FORWARD]],
    ['forward add 192.168.1.10:80', FORWARD],
    ['forward remove 8001', FORWARD],
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

describe('sidegate scan', () => {
  const done: Scan = { ...SCAN, state: 'done', progress: 1, hostsFound: 1, endedAt: NOW_MS + 1900 };

  test('shows hosts as they are found, then all of them', async () => {
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': SCAN });
    const running = daemon.cli(['scan', '--watch']);
    await daemon.watched();
    daemon.push({ event: 'scan.changed', data: { ...SCAN, progress: 0.5 } });
    daemon.push({ event: 'host.changed', data: CAMERA });
    daemon.push({ event: 'host.changed', data: CAMERA });
    daemon.push({ event: 'scan.changed', data: { ...done, id: 's_otherotherothero' as Scan['id'] } });
    daemon.push({ event: 'scan.changed', data: done });
    await expect(transcript(await running)).toMatchFileSnapshot('./golden/scan.golden.txt');
  });

  test('shows progress on a terminal, and wipes it', async () => {
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': SCAN });
    const running = daemon.cli(['scan'], { isTTY: true } as never);
    await daemon.watched();
    daemon.push({ event: 'scan.changed', data: { ...SCAN, progress: 0.5, hostsFound: 1, remainingSec: 90 } });
    daemon.push({ event: 'scan.changed', data: done });
    expect((await running).err).toBe('\r\u001b[K50 %, looking for hosts, 1 host, about 1 min left\r\u001b[K');
  });

  test('takes a scope by its network, and knows which there are', async () => {
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': done });
    expect((await daemon.cli(['scan', '--scope', '10.20.0.0/24', '--json'])).exitCode).toBe(0);
    expect(daemon.asked).toContain('POST /scans {"scopeId":"c_dmzdmzdmzdmzdmzd"}');
    const unknown = await daemon.cli(['scan', '--scope', '10.99.0.0/24']);
    expect(unknown.err).toContain('There is no scope 10.99.0.0/24');
  });

  test('makes a scope of a network of strays the first time, and takes it the next', async () => {
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': done });
    const argv = (network: string) =>
      [
        'scan',
        '--sender',
        network.replace('0/24', '1'),
        '--network',
        network,
        '--interface',
        'lan0',
      ] as const;
    expect((await daemon.cli([...argv('192.168.66.0/24')])).exitCode).toBe(0);
    expect(daemon.asked).toContain(
      'POST /scopes {"cidr":"192.168.66.0/24","label":"","interfaceName":"lan0","senderAddress":"192.168.66.1"}',
    );
    expect((await daemon.cli([...argv('192.168.55.0/24')])).exitCode).toBe(0);
    expect(daemon.asked.filter((one) => one.startsWith('POST /scopes'))).toHaveLength(1);
    expect(daemon.asked).toContain('POST /scans {"scopeId":"c_straystraystrays"}');
  });

  test('gives programs the scan and its hosts at the end', async () => {
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': done });
    const { out } = await daemon.cli(['scan', '--json']);
    expect(JSON.parse(out)).toEqual({ scan: done, hosts: [CAMERA] });
  });

  test('says why a scan failed, and does not call it done', async () => {
    const failed = { ...done, state: 'failed' as const, hostsFound: 0, notices: ['arp-scan is missing'] };
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': failed });
    const { exitCode, err } = await daemon.cli(['scan']);
    expect([exitCode, err]).toEqual([1, 'error: The scan failed\nhint: arp-scan is missing\n']);
  });

  test('--detach does not wait', async () => {
    await using daemon = await openFakeDaemon({ 'POST /scans': SCAN });
    expect(await daemon.cli(['scan', '--detach'])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^The scan has begun/),
    });
  });

  test('--cancel ends what runs, and says so where nothing does', async () => {
    const cancelled = { ...SCAN, state: 'cancelled' as const, hostsFound: 3 };
    await using daemon = await openFakeDaemon({
      'GET /scans': [SCAN, done],
      [`DELETE /scans/${SCAN.id}`]: cancelled,
    });
    expect(await daemon.cli(['scan', '--cancel'])).toMatchObject({
      exitCode: 0,
      out: 'Cancelled. 3 hosts found so far stay in `sidegate hosts`.\n',
    });
    expect(daemon.asked).toEqual(['GET /scans', `DELETE /scans/${SCAN.id}`]);
    await using idle = await openFakeDaemon({ 'GET /scans': [done] });
    expect((await idle.cli(['scan', '--cancel'])).out).toBe('No scan is running.\n');
  });

  test('ends when the daemon goes away', async () => {
    const daemon = await openFakeDaemon({ 'POST /scans': SCAN });
    const running = daemon.cli(['scan']);
    await daemon.watched();
    while (daemon.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await daemon[Symbol.asyncDispose]();
    expect((await running).exitCode).not.toBe(0);
  });
});

describe('sidegate up', () => {
  const pending = {
    state: 'approval-needed',
    code: 'BCDF-GHJK',
    verificationUrl: 'https://broker.example/#/approve/BCDF-GHJK',
    expiresAt: NOW_MS + 900_000,
  };
  /** Answers with one status after the other, and the last for ever. */
  const series = (...statuses: readonly unknown[]) => {
    let at = 0;
    return () => statuses[Math.min(at++, statuses.length - 1)];
  };

  test('with a key waits for the tunnel and says who we are', async () => {
    await using daemon = await openFakeDaemon({
      'POST /up': { state: 'starting' },
      'GET /status': series({ ...STATUS, state: 'starting' }, STATUS),
    });
    const result = await daemon.cli(
      ['up', '--broker', 'https://broker.example', '--key-file', '/k', '--name', 'home'],
      {
        readFile: async () => 'sgk_secret\n',
      },
    );
    await expect(transcript(result)).toMatchFileSnapshot('./golden/up.golden.txt');
    expect(daemon.asked[0]).toBe(
      'POST /up {"brokerUrl":"https://broker.example","key":"sgk_secret","name":"home"}',
    );
  });

  test('without a key shows URL and code, and waits for approval', async () => {
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': series(NOT_ENROLLED, NOT_ENROLLED, { ...STATUS, state: 'starting' }, STATUS),
    });
    const result = await daemon.cli(['up', '--broker', 'https://broker.example']);
    await expect(transcript(result)).toMatchFileSnapshot('./golden/up-by-approval.golden.txt');
  });

  test('counts down on a terminal', async () => {
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': series(NOT_ENROLLED, STATUS),
    });
    const { err } = await daemon.cli(['up'], { isTTY: true } as never);
    expect(err).toContain('Waiting for approval, 15:00 left. Ctrl-C leaves the request pending.');
  });

  test('a denial and the end of patience are failures', async () => {
    const denied = {
      ...NOT_ENROLLED,
      health: [
        {
          code: 'enrolment-denied',
          severity: 'error',
          title: 'Denied',
          hint: 'Ask.',
          source: 'mesh',
          sinceMs: 1,
        },
      ],
    };
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': series(NOT_ENROLLED, denied),
    });
    expect(await daemon.cli(['up'])).toMatchObject({ exitCode: 1, err: 'error: Denied\nhint: Ask.\n' });
    await using silent = await openFakeDaemon({ 'POST /up': pending, 'GET /status': NOT_ENROLLED });
    expect((await silent.cli(['up'])).err).toMatch(/^error: Nobody approved this machine in time/);
  });

  test('a tunnel that does not come up is a failure with --wait only', async () => {
    const answers = { 'POST /up': { state: 'starting' }, 'GET /status': { ...STATUS, state: 'starting' } };
    await using daemon = await openFakeDaemon(answers);
    expect(await daemon.cli(['up'])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/still coming up/),
    });
    expect(await daemon.cli(['up', '--wait', '--json'])).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/TUNNEL_NOT_UP/),
    });
  });

  test('Ctrl-C leaves the request pending', async () => {
    const controller = new AbortController();
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': () => {
        controller.abort();
        return NOT_ENROLLED;
      },
    });
    const { exitCode } = await daemon.cli(['up'], { signal: controller.signal });
    expect(exitCode).toBe(130);
    expect(daemon.asked.filter((each) => !each.startsWith('GET'))).toHaveLength(1);
  });

  test('programs get the code at once', async () => {
    await using daemon = await openFakeDaemon({ 'POST /up': pending });
    expect(JSON.parse((await daemon.cli(['up', '--json'])).out)).toEqual(pending);
  });

  test('a key file that is not there is named', async () => {
    await using daemon = await openFakeDaemon();
    const { err, exitCode } = await daemon.cli(['up', '--key-file', '/none']);
    expect([exitCode, err]).toEqual([1, expect.stringContaining('The file /none cannot be read')]);
  });
});

describe('sidegate login set-password', () => {
  test('asks twice on a terminal', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const typed = ['long enough pw', 'long enough pw', 'long enough pw', 'something else'];
    const io = { isTTY: true, readSecret: async () => typed.shift() ?? '' } as never;
    expect((await daemon.cli(['login', 'set-password'], io)).exitCode).toBe(0);
    expect(daemon.asked).toEqual(['PUT /login/password {"password":"long enough pw"}']);
    expect((await daemon.cli(['login', 'set-password'], io)).err).toContain('The two passwords differ');
  });

  test('a short one is not even sent', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { exitCode, err } = await daemon.cli(['login', 'set-password'], {
      readSecret: async () => 'short',
    });
    expect([exitCode, err]).toEqual([1, expect.stringContaining('at least 10 characters')]);
    expect(daemon.asked).toEqual([]);
  });
});

test('sidegate daemon runs the daemon', async () => {
  await using daemon = await openFakeDaemon();
  expect((await daemon.cli(['daemon'], { runDaemon: async () => 7 })).exitCode).toBe(7);
});

test('sidegate down without a daemon takes back what the dead one left', async () => {
  await using daemon = await openFakeDaemon();
  let undone = 0;
  const gone = { env: { SIDEGATE_RUN_DIR: '/nowhere' }, undoChanges: async () => void undone++ };
  const { exitCode, out } = await daemon.cli(['down'], gone);
  expect([exitCode, undone, out]).toEqual([0, 1, expect.stringContaining('has been taken back')]);
  expect((await daemon.cli(['down', '--forget'], gone)).exitCode).toBe(3);
  expect(undone).toBe(1);
});
