/** `sidegate-broker relay usage`: what each account relayed this month, straight from the database. */
import type { Clock } from '@sidegate/kit';
import { type BrokerConfig, storeLocationOf } from '../config.ts';
import { monthAt } from '../service/relay-usage.ts';
import { openStore } from '../store/store.ts';
import type { CommandOptions } from './command-line.ts';

const MEGABYTE = 1e6;

/** Returns what to print. */
export const runRelayUsage = async (
  config: BrokerConfig,
  options: CommandOptions,
  clock: Clock,
): Promise<string> => {
  const store = await openStore(storeLocationOf(config));
  try {
    const month = monthAt(clock.wallMs());
    const accounts = await store.relayUsage.listAccounts(month);
    const quotaBytes = config.relayQuota ?? null;
    if (options.json === true) return `${JSON.stringify({ month, quotaBytes, accounts })}\n`;
    if (accounts.length === 0) return `Nothing was relayed in ${month} yet.\n`;
    const lines = accounts.map(({ label, bytes }) => {
      const note = quotaBytes !== null && bytes >= quotaBytes ? '  quota used up' : '';
      return `${label.padEnd(24)} ${(bytes / MEGABYTE).toFixed(1).padStart(12)} MB${note}\n`;
    });
    return `${month}\n${lines.join('')}`;
  } finally {
    await store.close();
  }
};
