/**
 * The launcher starts the agent with V8's optimizing compilers off: an idle agent has no hot code, and they alone would
 * take megabytes (ADR 18). Where packets are to pass through this process they are worth their memory.
 */
import { setFlagsFromString } from 'node:v8';

/** Turns on again what the launcher turned off; for good, as code is compiled when it gets hot. */
export const compileHotCode = (startedWith: readonly string[] = process.execArgv): void => {
  for (const compiler of ['opt', 'maglev'])
    if (startedWith.includes(`--no-${compiler}`)) setFlagsFromString(`--${compiler}`);
};
