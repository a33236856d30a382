/**
 * Runs the discovery plugin where it is started, scans once and prints what came out as JSON: for lab tests and
 * benches, which start it inside a machine of the lab. Arguments: a directory for files, a network to add as a scope,
 * as CIDR or as the whole request in JSON. With `suggest` in place of a network it prints suggestions instead.
 */
import { join } from 'node:path';
import { silentLogger, systemClock } from '@sidegate/kit';
import type { Host, Scan, Scope } from '@sidegate/protocol';
import { createDebianPlatform } from '../../../platform/debian.ts';
import { createTestHost } from '../../testing/test-host.ts';
import { plugin } from '../index.ts';

const [directory = '/tmp', cidr] = process.argv.slice(2);
const platform = await createDebianPlatform({
  paths: { stateDir: directory, runtimeDir: directory, configFile: join(directory, 'config.json') },
  log: silentLogger,
});
// The clock's timers keep nothing alive; this does, until the end.
const alive = setInterval(() => {}, 1000);
{
  await using host = createTestHost(platform);
  await host.start(plugin);
  if (cidr === 'suggest') {
    console.log(JSON.stringify(await host.call('GET', '/scopes/suggestions')));
    process.exit();
  }
  const wanted = cidr?.startsWith('{') === true ? JSON.parse(cidr) : { cidr };
  const scope = cidr === undefined ? undefined : await host.call<Scope>('POST', '/scopes', wanted);
  const startedAt = systemClock.monoMs();
  const scan = await host.call<Scan>('POST', '/scans', scope === undefined ? {} : { scopeId: scope.id });
  // Not stdout, which carries the result alone.
  console.error('scanning');
  const current = async () => (await host.call<Scan[]>('GET', '/scans')).find(({ id }) => id === scan.id)!;
  while ((await current()).state === 'running') await systemClock.sleep(10);
  const endedAt = systemClock.monoMs();
  console.log(
    JSON.stringify({
      scan: await current(),
      hosts: await host.call<Host[]>('GET', '/hosts'),
      health: host.health(),
      tookMs: Math.round(endedAt - startedAt),
      events: host.events.map(({ event, data, atMs }) => ({
        event,
        data,
        atMs: Math.round(atMs - startedAt),
      })),
    }),
  );
}
clearInterval(alive);
