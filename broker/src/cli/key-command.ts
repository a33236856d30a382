/** `sidegate-broker key create`: an enrolment key straight into the database, for scripts. */
import { type Clock, parseBody } from '@sidegate/kit';
import { Email, NewEnrolmentKey } from '@sidegate/protocol';
import { type BrokerConfig, publicUrlOf } from '../config.ts';
import { BrokerError } from '../errors.ts';
import type { PortalActor } from '../service/actor.ts';
import { createEnrolmentKeys } from '../service/enrolment-keys.ts';
import { toActor } from '../service/logins.ts';
import type { Store } from '../store/store.ts';
import { type CommandOptions, UsageError } from './command-line.ts';
import { withStore } from './with-store.ts';

/** The person on whose behalf: `--user`, or the owner of the only account. */
const findCreator = async (store: Store, email: unknown): Promise<PortalActor> => {
  if (email !== undefined) {
    const user = await store.users.findByEmail(parseBody(Email, email));
    if (user === undefined)
      throw new BrokerError('USER_UNKNOWN', `Nobody here has the address ${String(email)}`);
    return toActor(user);
  }
  const accounts = await store.accounts.list();
  const [account] = accounts;
  if (account === undefined) {
    throw new BrokerError('USER_UNKNOWN', 'There is no account yet', {
      hint: 'Run `sidegate-broker init` first.',
    });
  }
  if (accounts.length > 1)
    throw new UsageError('There are several accounts: say whose key it is with --user');
  return toActor((await store.users.list(account.id)).find(({ role }) => role === 'owner')!);
};

/** Creates the key; returns what to print. */
export const runKeyCreate = async (
  config: BrokerConfig,
  options: CommandOptions,
  clock: Clock,
): Promise<string> => {
  const { role, reusable, tag, label, user } = options;
  const lifetime = options['lifetime-sec'];
  const wish = parseBody(NewEnrolmentKey, {
    label: label ?? 'command line',
    ...(role === undefined ? {} : { role }),
    ...(reusable === undefined ? {} : { reusable }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(lifetime === undefined ? {} : { lifetimeSec: Number(lifetime) }),
  });
  const created = await withStore(config, async (store) => {
    const keys = createEnrolmentKeys({ store, clock, publicUrl: publicUrlOf(config) });
    return keys.create(await findCreator(store, user), wish);
  });
  return options.json === true
    ? `${JSON.stringify(created)}\n`
    : `${created.secret}\n\n  ${created.command}\n`;
};
