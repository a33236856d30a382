/** The portal for a command that acts in the name of `--user`. */
import { type BrokerConfig, publicUrlOf } from '../config.ts';
import { type CommandOptions, UsageError } from './command-line.ts';
import { openPortalClient, type PortalClient } from './portal-client.ts';

/** Asks for the password and logs in; throws `UsageError` where nobody is named. */
export const openPortal = async (
  config: BrokerConfig,
  { user }: CommandOptions,
  readPassword: () => Promise<string>,
): Promise<PortalClient> => {
  if (user === undefined) throw new UsageError('--user says in whose name');
  return await openPortalClient(publicUrlOf(config), { email: user, password: await readPassword() });
};
