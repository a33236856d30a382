/** `sidegate-broker init`: an account and its owner, without the portal. */
import { type Clock, parseBody } from '@sidegate/kit';
import { Cidr4, SetupRequest } from '@sidegate/protocol';
import * as v from 'valibot';
import type { BrokerConfig } from '../config.ts';
import { ensureDataDirectory } from '../private-files.ts';
import { createAccount } from '../service/setup.ts';
import { type CommandOptions, UsageError } from './command-line.ts';
import { withStore } from './with-store.ts';

const NewAccount = v.strictObject({
  ...v.omit(SetupRequest, ['setupCode']).entries,
  prefix4: v.exactOptional(Cidr4),
});

const REQUIRED = ['account-name', 'label', 'email', 'name'] as const;

/** Creates the account; returns what to print. */
export const runInit = async (
  config: BrokerConfig,
  options: CommandOptions,
  clock: Clock,
  readPassword: () => Promise<string>,
): Promise<string> => {
  const missing = REQUIRED.find((name) => options[name] === undefined);
  if (missing !== undefined) throw new UsageError(`--${missing} is missing`);
  const wish = parseBody(NewAccount, {
    accountName: options['account-name'],
    accountLabel: options.label,
    email: options.email,
    name: options.name,
    password: await readPassword(),
    ...(options.preset === undefined ? {} : { preset: options.preset }),
    ...(options.prefix4 === undefined ? {} : { prefix4: options.prefix4 }),
  });
  ensureDataDirectory(config.data);
  const { account, owner } = await withStore(config, (store) => createAccount(store, clock, wish));
  return `Created the account ${account.label} (${account.preset}, ${account.prefix4}) with its owner ${owner.email}.\n`;
};
