/** The first account and its owner: through the portal with the code that the broker printed, or on the command line. */
import { randomInt } from 'node:crypto';
import { type Clock, hasOverlap, networkOf, newId } from '@sidegate/kit';
import {
  type AccountId,
  type Cidr4,
  DEFAULTS,
  type DnsLabel,
  type Email,
  type SetupRequest,
  type UserId,
} from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { AccountRow } from '../store/account-store.ts';
import type { PolicyPreset } from '../store/schema.ts';
import type { Store, Tables } from '../store/store.ts';
import type { UserRow } from '../store/user-store.ts';
import { newPrefix6 } from './allocate-address.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { hashPassword } from './password-hash.ts';
import { hashSecret, isSameSecret } from './secrets.ts';

/** A smaller prefix would fill up. */
const PREFIX4_MAX_BITS = 24;
const CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ23456789';

/** A new account and its owner. */
export interface NewAccount {
  readonly accountName: string;
  readonly accountLabel: DnsLabel;
  readonly preset: PolicyPreset;
  readonly prefix4?: Cidr4;
  readonly name: string;
  readonly email: Email;
  readonly password: string;
}

const checkPrefix4 = (prefix4: Cidr4): Cidr4 => {
  const { base, bits } = networkOf(prefix4);
  if (bits > PREFIX4_MAX_BITS || bits < 8 || hasOverlap(prefix4, '127.0.0.0/8' as Cidr4)) {
    throw new BrokerError('CONFIG_INVALID', `The account prefix ${prefix4} is not between /8 and /24`);
  }
  return `${base}/${bits}` as Cidr4;
};

/** Makes account and owner, inside a transaction. */
const insertAccount = async (
  tables: Tables,
  wish: NewAccount,
  passwordHash: string,
  now: number,
): Promise<{ readonly account: AccountRow; readonly owner: UserRow }> => {
  if (await tables.accounts.hasLabel(wish.accountLabel)) {
    throw new BrokerError('ACCOUNT_LABEL_TAKEN', `There is an account ${wish.accountLabel} already`, {
      field: 'accountLabel',
    });
  }
  if ((await tables.users.findByEmail(wish.email)) !== undefined) {
    throw new BrokerError('EMAIL_TAKEN', `${wish.email} has a login already`, { field: 'email' });
  }
  const account: AccountRow = {
    id: newId<AccountId>('a'),
    label: wish.accountLabel,
    name: wish.accountName,
    preset: wish.preset,
    prefix4: checkPrefix4(wish.prefix4 ?? (DEFAULTS.accountPrefix4 as Cidr4)),
    prefix6: newPrefix6(),
    addressCursor: 0,
    createdAt: now,
  };
  const owner: UserRow = {
    id: newId<UserId>('u'),
    accountId: account.id,
    name: wish.name,
    email: wish.email,
    role: 'owner',
    passwordHash,
    createdAt: now,
    lastLoginAt: null,
  };
  await tables.accounts.insert(account);
  await tables.users.insert(owner);
  await tables.audit.insert({
    accountId: account.id,
    at: now,
    actor: `${owner.name} <${owner.email}>`,
    action: 'account.created',
    target: account.label,
    detail: account.preset,
  });
  await tables.settings.delete('setup-code-hash');
  return { account, owner };
};

/** Creates an account on the command line's word: whoever may write the database needs no code. */
export const createAccount = async (store: Store, clock: Clock, wish: NewAccount) => {
  const passwordHash = await hashPassword(wish.password);
  return store.transaction((tables) => insertAccount(tables, wish, passwordHash, clock.wallMs()));
};

/** Creates the service. */
export const createSetup = (deps: {
  readonly store: Store;
  readonly throttle: LoginThrottle;
  readonly clock: Clock;
}) => {
  const { store, throttle, clock } = deps;
  const isNeeded = async (): Promise<boolean> => (await store.accounts.count()) === 0;

  return {
    isNeeded,

    /** Makes a new code where there is no account yet, to be printed; the code before is worthless. */
    async offer(): Promise<string | undefined> {
      if (!(await isNeeded())) return undefined;
      const letters = (count: number) =>
        Array.from({ length: count }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]).join('');
      const code = `${letters(4)}-${letters(4)}-${letters(4)}`;
      await store.settings.set('setup-code-hash', hashSecret(code));
      return code;
    },

    /** `POST /v1/portal/setup`. */
    async complete(request: SetupRequest, fromAddress: string): Promise<UserRow> {
      if (!(await isNeeded())) throw new BrokerError('SETUP_DONE', 'The broker is set up already');
      throttle.begin(fromAddress, 'set-up code');
      const codeHash = await store.settings.get('setup-code-hash');
      const isRight = isSameSecret(hashSecret(request.setupCode.toUpperCase()), codeHash ?? '');
      if (!isRight) {
        throw new BrokerError('SETUP_CODE_REJECTED', 'The set-up code is wrong', { field: 'setupCode' });
      }
      const passwordHash = await hashPassword(request.password);
      const { owner } = await store.transaction(async (tables) => {
        if ((await tables.accounts.count()) > 0) {
          throw new BrokerError('SETUP_DONE', 'The broker is set up already');
        }
        return insertAccount(tables, request, passwordHash, clock.wallMs());
      });
      throttle.succeed(fromAddress, 'set-up code');
      return owner;
    },
  };
};
