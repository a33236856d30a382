/**
 * Runs the discovery plugin where it is started, scans for a while, cancels, and prints what that cost: for lab tests
 * of networks that mean harm or have no end. Arguments: a directory for files, for how many ms at most, a network to
 * add (`-`: none), addresses whose devices are to be found.
 */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { silentLogger, systemClock } from '@sidegate/kit';
import { type Host, type Ip4, LIMITS, type Scan, type Scope } from '@sidegate/protocol';
import { createDebianPlatform } from '../../../platform/debian.ts';
import { createTestHost } from '../../testing/test-host.ts';
import { plugin } from '../index.ts';

const [directory = '/tmp', forMs = '5000', network = '-', ...wanted] = process.argv.slice(2);
const cidr = network === '-' ? undefined : network;
const SAMPLE_MS = 50;
const LOOK_MS = 500;
const platform = await createDebianPlatform({
  paths: { stateDir: directory, runtimeDir: directory, configFile: join(directory, 'config.json') },
  log: silentLogger,
});
let [lagMs, rssBytes, listMs, sampledMs] = [0, 0, 0, performance.now()];
const sampler = setInterval(() => {
  lagMs = Math.max(lagMs, performance.now() - sampledMs - SAMPLE_MS);
  sampledMs = performance.now();
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
}, SAMPLE_MS);
{
  await using host = createTestHost(platform);
  await host.start(plugin);
  const scope = cidr === undefined ? undefined : await host.call<Scope>('POST', '/scopes', { cidr });
  [lagMs, sampledMs] = [0, performance.now()];
  const idleBytes = process.memoryUsage.rss();
  const before = process.cpuUsage();
  const startedMs = performance.now();
  const scan = await host.call<Scan>('POST', '/scans', scope === undefined ? {} : { scopeId: scope.id });
  console.error('scanning');
  const current = async () => (await host.call<Scan[]>('GET', '/scans')).find(({ id }) => id === scan.id)!;
  const findWanted = async () => {
    const askedMs = performance.now();
    const hosts = await host.call<Host[]>('GET', '/hosts');
    JSON.stringify(hosts);
    listMs = Math.max(listMs, performance.now() - askedMs);
    const isFull = hosts.length >= LIMITS.hostsPerEdge;
    const isThere = (address: string) => hosts.some((one) => one.addresses.includes(address as Ip4));
    return { isAll: isFull && wanted.length > 0 && wanted.every(isThere), found: wanted.filter(isThere) };
  };
  while ((await current()).state === 'running' && performance.now() - startedMs < Number(forMs)) {
    if ((await findWanted()).isAll) break;
    await systemClock.sleep(LOOK_MS);
  }
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(before);
  const last = await current();
  const cancelledMs = performance.now();
  const { state } = await host.call<Scan>('DELETE', `/scans/${scan.id}`);
  console.log(
    JSON.stringify({
      state,
      remainingSec: last.remainingSec,
      hosts: (await host.call<Host[]>('GET', '/hosts')).length,
      found: (await findWanted()).found,
      tookMs: Math.round(tookMs),
      listMs: Math.round(listMs),
      cancelMs: Math.round(performance.now() - cancelledMs),
      lagMs: Math.round(lagMs),
      grownBytes: rssBytes - idleBytes,
      cores: (user + system) / 1_000 / tookMs,
    }),
  );
}
clearInterval(sampler);
