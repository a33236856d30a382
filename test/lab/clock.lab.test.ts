/**
 * A clock that jumps by fifty years, ahead and back, under a path in use. The agent and its command line live by that
 * clock (libfaketime), so that every handshake is dated by another than theirs; intervals do not, as on a router whose
 * NTP comes late.
 *
 *   broker 203.0.113.10, .11 ---- internet ---- bert 203.0.113.30
 *                                    |
 *                                cone NAT, anna 192.168.1.2
 */
import { systemClock } from '@sidegate/kit';
import { type Machine, requireLab, startPing } from '@sidegate/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type MeshNode, type PathSite } from './paths-site.ts';

const CLOCK = '/run/clock';
const FAKED = {
  LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1',
  FAKETIME_TIMESTAMP_FILE: CLOCK,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  FAKETIME_NO_CACHE: '1',
};
const FIFTY_YEARS_MS = 50 * 365 * 86_400_000;
const MEET_MAX_MS = 20_000;

describe.skipIf(await requireLab())('a clock that jumps by fifty years', () => {
  let site: PathSite;
  let anna: MeshNode;
  let machine: Machine;

  const until = (isTrue: () => Promise<boolean>) => machine.waitFor(isTrue, MEET_MAX_MS);
  const isDirect = async () => (await anna.peer('bert')).path === 'direct';
  const codes = async () => (await anna.status()).health.map(({ code }) => code);
  /** Another address makes the agent check in at once. */
  const provoke = (at: number) => machine.configure([`address add 192.168.1.${at}/24 dev eth0`]);
  const doctor = async () => {
    const [file, args] = anna.command('doctor');
    const { stdout } = await machine.run(file, args, { env: FAKED, reject: false, timeoutMs: 30_000 });
    return stdout;
  };

  beforeAll(async () => {
    site = await createPathSite();
    const home = await site.lab.addHome('anna', {
      lan: '192.168.1.0/24',
      wan: '198.51.100.10',
      nat: 'port-restricted',
    });
    machine = await home.addMachine('anna', { address: '192.168.1.2' });
    await machine.writeFile(CLOCK, '+0');
    const bertMachine = await site.lab.addServer('bert', { addresses: ['203.0.113.30'] });
    [anna] = await Promise.all([site.join('anna', machine, {}, FAKED), site.join('bert', bertMachine)]);
    await until(async () => (await anna.peers()).length > 0);
  }, 90_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  test.each([
    ['ahead', '+50y', 1, 'y ahead of the broker'],
    ['back', '-50y', -1, 'y behind the broker'],
  ] as const)(
    '%s: no packet is lost, the path stays direct, and doctor says so',
    async (where, offset, sign, said) => {
      const ping = startPing(machine, (await anna.peer('bert')).address4);
      await until(isDirect);
      await machine.writeFile(CLOCK, offset);
      await provoke(sign > 0 ? 77 : 78);
      // The clock of this test has not jumped.
      const offMs = async () => ((await anna.status()).broker?.lastContactAt ?? 0) - systemClock.wallMs();
      await until(async () => (await offMs()) * sign > FIFTY_YEARS_MS - 86_400_000);
      expect(await codes()).toContain('clock-off');
      expect(await doctor()).toContain(said);
      const { longestSilenceSec } = await ping.stop();
      console.info(`fifty years ${where}: silent for ${longestSilenceSec.toFixed(2)} s`);
      expect(longestSilenceSec).toBeLessThan(1);
      expect(await isDirect()).toBe(true);
      expect(await codes()).not.toContain('beacon-unreachable');
      expect((await anna.status()).broker?.beaconReachable).toBe(true);
    },
    60_000,
  );

  test('right again, it is as if nothing had been', async () => {
    await machine.writeFile(CLOCK, '+0');
    await provoke(79);
    await until(async () => !(await codes()).includes('clock-off'));
    expect(await isDirect()).toBe(true);
  }, 30_000);
});
