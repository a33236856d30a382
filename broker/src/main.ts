#!/usr/bin/env node
/** The program: hands the process to the command line. */
import { systemClock } from '@sidegate/kit';
import { runCli } from './cli/run-cli.ts';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  signal: stopping.signal,
});
