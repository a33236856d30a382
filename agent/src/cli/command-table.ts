/** All commands, in the order in which help shows them. */
import { AgentError } from '../errors.ts';
import type { Command } from './command.ts';
import { createLogCommand } from './commands/access-log.ts';
import { addressCommands } from './commands/addresses.ts';
import { changeCommands } from './commands/change-publication.ts';
import { doctorCommand } from './commands/doctor.ts';
import { endCommands } from './commands/end-publication.ts';
import { forwardCommands } from './commands/forwards.ts';
import { hostCommand, hostsCommand } from './commands/hosts.ts';
import { setPasswordCommand } from './commands/login.ts';
import { confirmCommand } from './commands/own-path.ts';
import { peersCommand } from './commands/peers.ts';
import { daemonCommand, versionCommand } from './commands/process.ts';
import { publicationFileCommands } from './commands/publication-file.ts';
import { relayCommands } from './commands/relay.ts';
import { scanCommand } from './commands/scan.ts';
import { scopeCommands } from './commands/scopes.ts';
import { statusCommand } from './commands/status.ts';
import { templateCommands } from './commands/templates.ts';
import { downCommand, upCommand } from './commands/up.ts';
import { wakeCommand } from './commands/wake.ts';
import { EXIT } from './exit-codes.ts';
import { renderCompletion, SHELLS } from './render-completion.ts';

/** Lives here because it completes this very table. */
const completionCommand: Command = {
  path: ['completion'],
  summary: 'Print a completion script for a shell',
  arguments: [{ name: 'SHELL', choices: SHELLS, summary: SHELLS.join(', ') }],
  examples: ['sidegate completion bash > /usr/share/bash-completion/completions/sidegate'],
  async run({ io }, invocation) {
    const shell = SHELLS.find((each) => each === invocation.arguments[0]);
    if (shell === undefined) throw new AgentError('USAGE', `SHELL is one of ${SHELLS.join(', ')}`);
    io.stdout.write(renderCompletion(shell, COMMANDS));
    return EXIT.ok;
  },
};

/** In the order in which help and man page list them. */
export const COMMANDS: readonly Command[] = [
  upCommand,
  downCommand,
  statusCommand,
  peersCommand,
  scanCommand,
  hostsCommand,
  hostCommand,
  wakeCommand,
  ...forwardCommands,
  ...endCommands.forward,
  changeCommands.forward,
  createLogCommand('forward'),
  ...publicationFileCommands,
  ...addressCommands,
  ...endCommands.address,
  changeCommands.address,
  createLogCommand('address'),
  ...templateCommands,
  confirmCommand,
  ...scopeCommands,
  ...relayCommands,
  doctorCommand,
  setPasswordCommand,
  daemonCommand,
  completionCommand,
  versionCommand,
];
