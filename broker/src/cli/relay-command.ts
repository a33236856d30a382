/**
 * `sidegate-broker relay usage` and `relay quota`: what each account relayed this month, and what it may, straight from
 * the database.
 */
import { type Clock, parseBody } from '@sidegate/kit';
import { type BrokerConfig, RelayQuota } from '../config.ts';
import { BrokerError } from '../errors.ts';
import { loadRelayQuotas, type QuotaState, quotaStateOf, saveRelayQuota } from '../service/relay-quotas.ts';
import { monthAt } from '../service/relay-usage.ts';
import { type CommandOptions, UsageError } from './command-line.ts';
import { withStore } from './with-store.ts';

const MEGABYTE = 1e6;
const NOTES: Readonly<Record<QuotaState, string>> = {
  free: '',
  near: '  near the end of its quota',
  'used-up': '  quota used up',
};

const toMegabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`;
/** JSON knows no infinity. */
const boundOf = (quotaBytes: number): number | null => (Number.isFinite(quotaBytes) ? quotaBytes : null);

/** Returns what to print: what was relayed, and who is near the end of what it may. */
export const runRelayUsage = (config: BrokerConfig, options: CommandOptions, clock: Clock): Promise<string> =>
  withStore(config, async (store) => {
    const month = monthAt(clock.wallMs());
    const quotaOf = await loadRelayQuotas(store, config.relayQuota);
    const accounts = (await store.relayUsage.listAccounts(month)).map(({ id, label, bytes }) => {
      const quotaBytes = quotaOf(id);
      return { id, label, bytes, quotaBytes: boundOf(quotaBytes), state: quotaStateOf(bytes, quotaBytes) };
    });
    if (options.json === true)
      return `${JSON.stringify({ month, quotaBytes: config.relayQuota ?? null, accounts })}\n`;
    if (accounts.length === 0) return `Nothing was relayed in ${month} yet.\n`;
    const lines = accounts.map(({ label, bytes, quotaBytes, state }) => {
      const bound = quotaBytes === null ? '' : ` of ${toMegabytes(quotaBytes)}`;
      return `${label.padEnd(24)} ${toMegabytes(bytes).padStart(15)}${bound}${NOTES[state]}\n`;
    });
    return `${month}\n${lines.join('')}`;
  });

/** `default` is everybody's, and no quota of its own. */
const parseSize = (size: unknown): number | undefined =>
  size === 'default' ? undefined : (parseBody(RelayQuota, size) ?? Number.POSITIVE_INFINITY);

/** Sets an account's quota where `--size` says so; returns what to print. */
export const runRelayQuota = (config: BrokerConfig, options: CommandOptions): Promise<string> => {
  const { account: label, size } = options;
  if (label === undefined) throw new UsageError('Say which account: relay quota ACCOUNT');
  const wish = size === undefined ? undefined : { quotaBytes: parseSize(size) };
  return withStore(config, async (store) => {
    const account = (await store.accounts.list()).find((one) => one.label === label);
    if (account === undefined) {
      throw new BrokerError('ACCOUNT_UNKNOWN', `There is no account ${String(label)}`);
    }
    if (wish !== undefined) await saveRelayQuota(store, account.id, wish.quotaBytes);
    const quotaBytes = boundOf((await loadRelayQuotas(store, config.relayQuota))(account.id));
    if (options.json === true) return `${JSON.stringify({ account: account.label, quotaBytes })}\n`;
    const bound = quotaBytes === null ? 'without bound' : `${toMegabytes(quotaBytes)} a month`;
    return `${account.label} may relay ${bound}.\n`;
  });
};
