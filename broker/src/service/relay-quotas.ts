/** What each account may relay in a month: the broker's setting for all, but for those that were given something else. */
import type { AccountId } from '@sidegate/protocol';
import type { RelayQuotaKey } from '../store/schema.ts';
import type { Store } from '../store/store.ts';

/** From this share of its quota on an account is near the end of it. */
const NEAR_SHARE = 0.8;
const PREFIX = 'relay-quota:';

/** How an account stands with its quota. */
export type QuotaState = 'free' | 'near' | 'used-up';

/** Bytes a month; without bound, `Infinity`. */
export type QuotaOf = (id: AccountId) => number;

const keyOf = (id: AccountId): RelayQuotaKey => `${PREFIX}${id}`;

/** Where an account with so many bytes stands. */
export const quotaStateOf = (bytes: number, quotaBytes: number): QuotaState => {
  if (bytes >= quotaBytes) return 'used-up';
  return bytes >= NEAR_SHARE * quotaBytes ? 'near' : 'free';
};

/** Reads the quotas of all accounts, as they are now. */
export const loadRelayQuotas = async (
  store: Pick<Store, 'settings'>,
  everybodysBytes = Number.POSITIVE_INFINITY,
): Promise<QuotaOf> => {
  const rows = (await store.settings.list()).filter(({ key }) => key.startsWith(PREFIX));
  const own = new Map(rows.map(({ key, value }) => [key.slice(PREFIX.length), Number(value)]));
  return (id) => own.get(id) ?? everybodysBytes;
};

/** Gives an account a quota of its own, be it `Infinity`, or with `undefined` that of everybody. */
export const saveRelayQuota = (
  store: Pick<Store, 'settings'>,
  id: AccountId,
  quotaBytes: number | undefined,
): Promise<void> =>
  quotaBytes === undefined
    ? store.settings.delete(keyOf(id))
    : store.settings.set(keyOf(id), String(quotaBytes));
