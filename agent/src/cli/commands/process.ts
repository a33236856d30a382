/** `sidegate daemon`, `sidegate version`: the program itself. */
import type { Command } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export const daemonCommand: Command = {
  path: ['daemon'],
  summary: 'Run the daemon in this terminal',
  description: 'What the service does at boot. It needs root, and ends at Ctrl-C; the tunnel stays.',
  run: async ({ io }) => (await io.runDaemon(io.signal)) as ExitCode,
};

export const versionCommand: Command = {
  path: ['version'],
  summary: 'Print the version',
  async run(context) {
    context.json({ version: context.io.version });
    context.say(`sidegate ${context.io.version}`);
    return EXIT.ok;
  },
};
