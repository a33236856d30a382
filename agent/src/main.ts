#!/usr/bin/env node
/** The program `sidegate`: daemon and command line in one file. What only the daemon needs is loaded by the daemon. */
import { createProcessIo } from './cli/process-io.ts';
import { runCli } from './cli/run-cli.ts';
import { VERSION } from './version.ts';

using io = createProcessIo({
  version: VERSION,
  async run(...command) {
    const { createRun } = await import('./system/run.ts');
    return await createRun()(...command);
  },
  async runDaemon(signal) {
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon({ signal });
    return 0;
  },
});
process.exitCode = await runCli(process.argv.slice(2), io);
