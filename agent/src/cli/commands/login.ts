/** `sidegate login set-password`: the local password of the web UI. */
import { SetPasswordRequest } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

export const setPasswordCommand: Command = {
  path: ['login', 'set-password'],
  summary: 'Set the password for the web UI of this machine',
  description: 'Asks twice on a terminal; otherwise reads one line from standard input.',
  async run(context) {
    const { io } = context;
    const password = await io.readSecret('New password: ');
    const parsed = v.safeParse(SetPasswordRequest, { password });
    if (!parsed.success) {
      throw new AgentError('PASSWORD_UNSUITABLE', `The password needs ${parsed.issues[0].message}`);
    }
    if (io.stdout.isTTY === true && (await io.readSecret('Again: ')) !== password) {
      throw new AgentError('PASSWORD_MISMATCH', 'The two passwords differ');
    }
    await context.client.ask('PUT', '/login/password', v.unknown(), parsed.output);
    context.json({});
    context.say('The password is set.');
    return EXIT.ok;
  },
};
