import type { Scan } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { ANSWERS } from '../testing/answers.ts';
import { NOW_MS, openFakeDaemon, transcript } from '../testing/fake-daemon.ts';
import { CAMERA, SCAN } from '../testing/samples.ts';

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
    await expect(transcript(await running)).toMatchFileSnapshot('../golden/scan.golden.txt');
  });

  test('shows progress on a terminal, and wipes it', async () => {
    await using daemon = await openFakeDaemon({ ...ANSWERS, 'POST /scans': SCAN });
    const running = daemon.cli(['scan'], { isTTY: true });
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
