#!/usr/bin/env node
/** The program `sidegate`: daemon and command line in one file. What only the daemon needs is loaded by the daemon. */
import { silentLogger } from '@sidegate/kit';
import { createProcessIo } from './cli/process-io.ts';
import { runCli } from './cli/run-cli.ts';
import { VERSION } from './version.ts';

using io = createProcessIo({
  version: VERSION,
  async run(...command) {
    const { createRun } = await import('./system/run.ts');
    return await createRun()(...command);
  },
  async undoChanges() {
    const { detectPlatform } = await import('./platform/detect-platform.ts');
    const platform = await detectPlatform(silentLogger);
    await platform.undoChanges().finally(() => platform.close?.());
  },
  async runDaemon(signal) {
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon({ signal });
    return 0;
  },
});
process.exitCode = await runCli(process.argv.slice(2), io);
