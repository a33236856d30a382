/**
 * Runs this plugin where it is started, until it is killed: for lab tests, which start it inside a machine of the lab.
 * Arguments: a directory for files, and the facts of other plugins as JSON.
 */
import { join } from 'node:path';
import { silentLogger } from '@sidegate/kit';
import { createDebianPlatform } from '../../../platform/debian.ts';
import { createTestHost } from '../../testing/test-host.ts';
import { plugin } from '../index.ts';

const [directory = '/tmp', facts = '{}'] = process.argv.slice(2);
const platform = await createDebianPlatform({
  paths: { stateDir: directory, runtimeDir: directory, configFile: join(directory, 'config.json') },
  log: silentLogger,
});
// The clock's timers keep nothing alive; this does, until the end.
setInterval(() => {}, 1000);
const host = createTestHost(platform);
for (const [name, value] of Object.entries(JSON.parse(facts))) host.setFact(name as never, value as never);
await host.start(plugin);
console.log('ready');
process.on('SIGTERM', () => void host[Symbol.asyncDispose]().then(() => process.exit()));
