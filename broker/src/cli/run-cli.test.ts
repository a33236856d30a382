import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '@sidegate/kit';
import { EnrolmentKeyCreated } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../http/testing/requests.ts';
import { describeNode } from '../service/testing/create-test-service.ts';
import { openPortalClient, startTestBroker, TEST_OWNER } from '../testing.ts';
import { runCli } from './run-cli.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sidegate-cli-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = (argv: readonly string[], input = '', signal = new AbortController().signal) => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const text = { out: '', err: '' };
  stdout.on('data', (chunk) => {
    text.out += chunk;
  });
  stderr.on('data', (chunk) => {
    text.err += chunk;
  });
  const stdin = Readable.from([input]);
  const code = runCli({ argv, environment: {}, stdin, stdout, stderr, clock: systemClock, signal });
  return { code, text };
};
const run = async (argv: readonly string[], input?: string) => {
  const { code, text } = start(argv, input);
  return { code: await code, ...text };
};

const INIT = [
  'init',
  '--account-name',
  'Acme',
  '--label',
  'acme',
  '--email',
  'a@example.com',
  '--name',
  'Ann',
];
const init = (data: string, input = 'a long password\n') =>
  run([...INIT, '--data', data, '--password-stdin'], input);

describe('the command line', () => {
  test('explains itself, and wrong usage exits with 2', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Usage') });
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    for (const argv of [
      [],
      ['fly'],
      ['serve', '--nonsense'],
      ['key'],
      ['init', '--label', 'x', '--data', directory],
    ]) {
      expect(await run(argv)).toMatchObject({ code: 2, err: expect.stringContaining('--help') });
    }
  });

  test('a wrong setting exits with 1 and names it', async () => {
    expect(await run(['serve', '--http', 'nowhere'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('http: address:port'),
    });
    writeFileSync(join(directory, 'config.json'), '{');
    expect(await run(['serve', '--config', join(directory, 'config.json')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('CONFIG_INVALID'),
    });
  });
});

describe('init', () => {
  test('creates account and owner, once for each label and address', async () => {
    expect(await init(directory)).toMatchObject({ code: 0, out: expect.stringContaining('acme') });
    expect(await init(directory)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ACCOUNT_LABEL_TAKEN'),
    });
  });

  test('refuses a short password and leaves nothing behind', async () => {
    expect(await init(directory, 'short\n')).toMatchObject({
      code: 1,
      err: expect.stringContaining('password: at least 10 characters'),
    });
    expect(() => statSync(join(directory, 'broker.sqlite'))).toThrow();
  });
});

describe('key create', () => {
  test('works beside a running broker, for machines that come in at once', async () => {
    await using broker = await startTestBroker();
    const argv = [
      'key',
      'create',
      '--data',
      broker.dataDirectory,
      '--role',
      'edge',
      '--tag',
      'north',
      '--json',
    ];
    const { code, out } = await run(argv);
    expect(code).toBe(0);
    const { secret, key } = v.parse(EnrolmentKeyCreated, JSON.parse(out));
    expect(key).toMatchObject({ role: 'edge', reusable: false, tags: ['north'] });
    const answer = await call(broker.url, 'POST', '/v1/enrol', {
      body: { key: secret, node: describeNode() },
    });
    expect(answer.status).toBe(201);
    const owner = await broker.login(TEST_OWNER.email);
    expect(await owner.json('GET', '/nodes')).toMatchObject([
      { tags: ['north'], owner: { name: TEST_OWNER.name } },
    ]);
  });

  test('knows the accounts that init made beside a running broker', async () => {
    await using broker = await startTestBroker({ isEmpty: true });
    expect((await init(broker.dataDirectory)).code).toBe(0);
    const { out } = await run(['key', 'create', '--data', broker.dataDirectory, '--reusable', '--json']);
    const { secret } = v.parse(EnrolmentKeyCreated, JSON.parse(out));
    const answer = await call(broker.url, 'POST', '/v1/enrol', {
      body: { key: secret, node: describeNode() },
    });
    expect(answer.status).toBe(201);
    const ann = await openPortalClient(broker.url, 'a@example.com', 'a long password');
    expect(await ann.json('GET', '/nodes')).toMatchObject([{ owner: { name: 'Ann' } }]);
  });

  test('needs an account, and a person who exists', async () => {
    expect(await run(['key', 'create', '--data', directory])).toMatchObject({
      code: 1,
      err: expect.stringContaining('sidegate-broker init'),
    });
    await init(directory);
    expect(await run(['key', 'create', '--data', directory, '--user', 'b@example.com'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('USER_UNKNOWN'),
    });
  });
});

describe('profile create', () => {
  const base = ['profile', 'create', '--user', TEST_OWNER.email, '--name', 'phone', '--password-stdin'];

  test('prints a whole profile with a key of its own, or one to complete', async () => {
    await using broker = await startTestBroker();
    const argv = [...base, '--public-url', broker.url];
    const whole = await run([...argv, '--generate'], `${TEST_OWNER.password}\n`);
    expect(whole).toMatchObject({ code: 0, err: '' });
    expect(whole.out).toMatch(/^PrivateKey = [A-Za-z0-9+/]{43}=$/m);
    const key = 'hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=';
    const partial = await run([...argv, '--public-key', key], `${TEST_OWNER.password}\n`);
    expect(partial.out).toContain('PrivateKey = <private key>');
    const names = [...broker.broker.service.registry.all()].map(({ identity }) => identity.name);
    expect(names).toEqual(['phone', 'phone-2']);
  });

  test('says why not', async () => {
    await using broker = await startTestBroker();
    const argv = [...base, '--public-url', broker.url];
    expect(await run(argv)).toMatchObject({ code: 2, err: expect.stringContaining('--generate') });
    const wrong = await run([...argv, '--generate'], 'wrong\n');
    expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringContaining('PORTAL_REFUSED') });
    const nobody = await run([...base, '--generate', '--public-url', 'http://127.0.0.1:9'], 'x\n');
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('Reach the broker') });
  });
});

describe('serve', () => {
  test('prints the set-up code, keeps its keys private, and ends in peace', async () => {
    const data = join(directory, 'data');
    const stopping = new AbortController();
    const argv = [
      'serve',
      '--data',
      data,
      '--http',
      '127.0.0.1:0',
      '--udp',
      '127.0.0.1:0',
      '--log-level',
      'error',
    ];
    const { code, text } = start(argv, '', stopping.signal);
    await expect.poll(() => text.out).toMatch(/Set-up code: [A-Z0-9]{4}(-[A-Z0-9]{4}){2}\n/);
    for (const file of ['ticket.key', 'beacon-0.key', 'broker.sqlite']) {
      expect(statSync(join(data, file)).mode & 0o777).toBe(0o600);
    }
    stopping.abort();
    expect(await code).toBe(0);
  });

  test('says which address it cannot have', async () => {
    await using broker = await startTestBroker();
    const argv = ['serve', '--data', directory, '--http', new URL(broker.url).host, '--udp', '127.0.0.1:0'];
    expect(await run(argv)).toMatchObject({ code: 1, err: expect.stringContaining('LISTEN_FAILED') });
  });
});
