#!/usr/bin/env node
/** The program `sidegate`: daemon and command line in one file. */
import { runCli } from './cli/index.ts';

process.exitCode = await runCli(process.argv.slice(2));
