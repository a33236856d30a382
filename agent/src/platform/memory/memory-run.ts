import { AgentError } from '../../errors.ts';
import type { Run, RunOptions, RunResult } from '../../ports/index.ts';

/** What a program answers: all of it, its stdout, or an exit code other than 0 by throwing. */
export type Script = (
  args: readonly string[],
  options: RunOptions,
) => Promise<string | Partial<RunResult>> | string | Partial<RunResult>;

/** Programs that a test scripts; all others are not installed. */
export interface MemoryRun {
  readonly run: Run;
  readonly scripts: Map<string, Script>;
  readonly calls: readonly { readonly file: string; readonly args: readonly string[] }[];
}

/** No program but those given. */
export const createMemoryRun = (scripts: Readonly<Record<string, Script>> = {}): MemoryRun => {
  const all = new Map(Object.entries(scripts));
  const calls: { file: string; args: readonly string[] }[] = [];
  const run: Run = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    calls.push({ file, args });
    const script = all.get(file);
    if (script === undefined) throw new AgentError('COMMAND_NOT_FOUND', `The program ${file} is not here`);
    const answer = await script(args, options);
    const result = {
      stdout: '',
      stderr: '',
      exitCode: 0,
      ...(typeof answer === 'string' ? { stdout: answer } : answer),
    };
    for (const line of result.stdout.split('\n').filter((each) => each !== '')) options.onLine?.(line);
    if (result.exitCode !== 0 && options.okCodes?.includes(result.exitCode) !== true) {
      throw new AgentError('COMMAND_FAILED', `${file} failed`, { details: { stderr: result.stderr } });
    }
    return result;
  };
  return { run, scripts: all, calls };
};
