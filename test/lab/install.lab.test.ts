/**
 * From the package to a machine in the mesh: dpkg installs what `make packages` builds, the service's own command runs
 * it, an enrolment key brings it up. And what becomes of a machine whose disk has no room for the package.
 *
 *   broker 203.0.113.10 ---- internet ----+---- NAT ---- board 192.168.1.2, /usr of its own
 *                                         +---- NAT ---- laptop 192.168.1.2
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import { type Machine, requireLab } from '@sidegate/lab';
import type { EdgeStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ORIGIN, PACKAGES } from '../../package/manifest.ts';
import { buildPackages } from '../../package/src/build-packages.ts';
import { createPathSite, type PathSite } from './paths-site.ts';

const ROOT = join(import.meta.dirname, '../..');
const GOAL_MS = 10_000;
const BUNDLE = '/usr/lib/sidegate/sidegate.mjs';

describe.skipIf(await requireLab())('a machine on which the package is installed', () => {
  let site: PathSite;
  let board: Machine;
  let laptop: Machine;
  let deb: string;
  const sh = (script: string, isRefusalFine = false) =>
    board.run('sh', ['-c', script], { reject: !isRefusalFine, timeoutMs: 60_000 });
  /** Triggers are for caches of manual pages, of which the host's own are not ours to touch. */
  const install = () => sh(`exec dpkg --log=/run/dpkg.log --no-triggers --force-depends -i ${deb}`, true);

  beforeAll(async () => {
    site = await createPathSite();
    const [home, office] = await Promise.all([
      site.lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' }),
      site.lab.addHome('office', { lan: '192.168.1.0/24', wan: '198.51.100.3' }),
    ]);
    [board, laptop] = await Promise.all([
      home.addMachine('board', { address: '192.168.1.2' }),
      site.addNode('laptop', office, '192.168.1.2').then(({ machine }) => machine),
    ]);
    const manifest = PACKAGES.filter(({ name }) => name === 'sidegate');
    const built = buildPackages(manifest, { root: ROOT, origin: ORIGIN, epochSec: 1_700_000_000 });
    const { fileName, bytes } = built.find(({ format }) => format === 'deb')!;
    deb = join(site.lab.directory, fileName);
    writeFileSync(deb, bytes);
    // In place of the runtime package, so that it is the same Node everywhere.
    await sh(`mkdir /run/usr && mount -t tmpfs -o size=300k usr /run/usr && mkdir /run/usr/new /run/usr/work
      mount -t overlay -o lowerdir=/usr,upperdir=/run/usr/new,workdir=/run/usr/work usr /usr
      mkdir -p /usr/lib/sidegate-runtime/bin && ln -s ${process.execPath} /usr/lib/sidegate-runtime/bin/node`);
  }, 60_000);
  afterAll(() => site?.[Symbol.asyncDispose]());

  test('no room for the package: dpkg says so, and nothing of it is there or runs', async () => {
    const { exitCode, stderr } = await install();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('No space left on device')]);
    expect([BUNDLE, '/usr/bin/sidegate'].filter((path) => existsSync(board.path(path)))).toEqual([]);
    expect((await sh('find /etc/systemd/system -name "sidegate*"')).stdout).toBe('');
    await sh('mount -o remount,size=64m /run/usr');
  });

  test('from its installation to an answer from its mesh address it takes ten seconds at most', async () => {
    const startMs = systemClock.monoMs();
    const secondsSo = () => ((systemClock.monoMs() - startMs) / 1000).toFixed(1);
    expect(await install()).toMatchObject({ exitCode: 0 });
    const installedSec = secondsSo();
    const unit = readFileSync(board.path('/usr/lib/systemd/system/sidegate.service'), 'utf8');
    const [program, ...args] = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(' ');
    board.spawn(program!, args, { log: join(site.lab.directory, 'installed.log') });
    await board.waitFor(async () => (await sh('sidegate status', true)).exitCode === 0, 15_000);
    const runsSec = secondsSo();
    await sh(`exec sidegate up ${site.enrolment('board').join(' ')}`);
    const status: EdgeStatus = JSON.parse((await sh('sidegate status --json')).stdout);
    const address = status.node!.address4;
    const isAnswering = async () =>
      (await laptop.run('ping', ['-n', '-c', '1', '-W', '1', address], { reject: false })).exitCode === 0;
    await board.waitFor(isAnswering, 20_000);
    const tookMs = systemClock.monoMs() - startMs;
    console.log(
      `installed after ${installedSec} s, running after ${runsSec} s, ${address} answers after ${(tookMs / 1000).toFixed(1)} s`,
    );
    expect(tookMs).toBeLessThan(GOAL_MS);
  }, 60_000);

  test('no room for an upgrade: what was there stays, and goes on', async () => {
    const before = readFileSync(board.path(BUNDLE));
    await sh('cat /dev/zero >/run/usr/filler', true);
    const { exitCode, stderr } = await install();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('No space left on device')]);
    expect(Buffer.compare(readFileSync(board.path(BUNDLE)), before)).toBe(0);
    expect(JSON.parse((await sh('sidegate status --json')).stdout)).toMatchObject({ state: 'up' });
  });
});
