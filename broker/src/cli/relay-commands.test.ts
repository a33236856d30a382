import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '@sidegate/kit';
import type { DnsLabel, Endpoint, Enrolment, PublicKey } from '@sidegate/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, enrolNode } from '../http/testing/requests.ts';
import { describeCheckIn } from '../service/testing/create-test-service.ts';
import { startTestBroker, TEST_OWNER, type TestBroker } from '../testing.ts';
import { runCli } from './run-cli.ts';

const KEY = Buffer.alloc(32, 7).toString('base64') as PublicKey;
const AT = '198.51.100.20:7383' as Endpoint;
const MEGABYTE = 1e6;

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker({ config: { relayQuota: '10M' } });
});
afterEach(() => broker.stop());

const run = async (argv: readonly string[], input = '') => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const environment = {
    SIDEGATE_BROKER_DATA: broker.dataDirectory,
    SIDEGATE_BROKER_RELAY_QUOTA: '10M',
    SIDEGATE_BROKER_PUBLIC_URL: broker.url,
  };
  const { signal } = new AbortController();
  const stdin = Readable.from([input]);
  const code = await runCli({ argv, environment, stdin, stdout, stderr, clock: systemClock, signal });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
};

describe('private relays', () => {
  const ask = (...words: string[]) =>
    run(['relay', ...words, '--user', TEST_OWNER.email, '--password-stdin'], `${TEST_OWNER.password}\n`);
  const offer = ({ token }: Enrolment) =>
    call(broker.url, 'POST', '/v1/nodes/self/check-in', {
      token,
      body: describeCheckIn({ relay: { publicKey: KEY, endpoints: [AT] } }),
    });

  test('who offers is listed, let, and stopped; twice is no error', async () => {
    expect(await ask('list')).toMatchObject({
      code: 0,
      out: expect.stringContaining('`sidegate relay on`'),
    });
    const hub = await enrolNode(broker, { name: 'hub' as DnsLabel });
    await enrolNode(broker, { name: 'camera-box' as DnsLabel });
    expect((await offer(hub)).status).toBe(200);
    const listed = async () => JSON.parse((await ask('list', '--json')).out) as unknown;
    const asShown = { node: 'hub', isApproved: false, isOnline: true, endpoints: [AT] };
    expect(await listed()).toEqual([asShown]);

    const { registry } = broker.broker.service;
    const isLet = () => registry.find(hub.nodeId)?.identity.relay?.publicKey === KEY;
    for (let time = 0; time < 2; time++) {
      expect(await ask('approve', 'hub')).toEqual({
        code: 0,
        err: '',
        out: `hub relays for the account now, at ${AT}.\n`,
      });
      expect(isLet()).toBe(true);
    }
    expect((await ask('list')).out).toBe(`${'hub'.padEnd(24)} approved   ${AT}\n`);
    const revoked = await ask('revoke', 'hub', '--json');
    expect(JSON.parse(revoked.out)).toEqual(asShown);
    expect(isLet()).toBe(false);
    expect((await ask('revoke', 'hub')).out).toBe('hub relays for the account no longer.\n');
  });

  test('who does not offer, does not exist or is not said, is no relay', async () => {
    await enrolNode(broker, { name: 'shed' as DnsLabel });
    expect(await ask('approve', 'shed')).toMatchObject({
      code: 1,
      err: expect.stringContaining('shed does not offer to relay'),
    });
    expect(await ask('approve', 'nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('NODE_UNKNOWN'),
    });
    expect(await ask('approve')).toMatchObject({ code: 2, err: expect.stringContaining('NODE') });
    expect(await run(['relay', 'approve', 'shed'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--user'),
    });
    expect(await ask('approve', 'shed', 'hub')).toMatchObject({ code: 2 });
  });
});

describe('quotas', () => {
  const usage = async () =>
    (
      JSON.parse((await run(['relay', 'usage', '--json'])).out) as {
        readonly accounts: readonly { readonly quotaBytes: number | null; readonly state: string }[];
      }
    ).accounts[0];

  test('an account of its own quota is warned near the end of it, and a running broker takes note', async () => {
    const one = await enrolNode(broker, { name: 'one' as DnsLabel });
    const other = await enrolNode(broker, { name: 'other' as DnsLabel });
    const { service } = broker.broker;
    const label = [...service.registry.all()].map((node) => service.registry.accountOf(node).row.label)[0]!;
    service.beaconEvents.onRelayed?.(one.nodeId, other.nodeId, 8.5 * MEGABYTE);
    await service.relayUsage.flush();
    expect(await usage()).toMatchObject({ quotaBytes: 10 * MEGABYTE, state: 'near' });
    expect((await run(['relay', 'usage'])).out).toMatch(/8\.5 MB of 10\.0 MB {2}near the end of its quota\n/);

    const set = (size: string) => run(['relay', 'quota', label, '--size', size]);
    expect((await run(['relay', 'quota', label])).out).toBe(`${label} may relay 10.0 MB a month.\n`);
    const owner = await broker.login();
    const warnings = async () =>
      (await owner.json<{ readonly health: readonly string[] }>('GET', `/nodes/${one.nodeId}`)).health;
    for (const [size, quotaBytes, state, health] of [
      ['5M', 5 * MEGABYTE, 'used-up', ['relay-quota-used-up']],
      ['none', null, 'free', []],
      ['default', 10 * MEGABYTE, 'near', ['relay-quota-near']],
    ] as const) {
      expect(await set(size)).toMatchObject({ code: 0, err: '' });
      expect(await usage()).toMatchObject({ quotaBytes, state });
      await service.relayUsage.refresh();
      expect(await warnings()).toEqual(health);
    }
    expect(await set('lots')).toMatchObject({ code: 1, err: expect.stringContaining('500M') });
    expect(await run(['relay', 'quota', 'elsewhere', '--json'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('ACCOUNT_UNKNOWN'),
    });
  });
});
