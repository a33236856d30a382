/** The database of a command that asks or changes it without the running broker. */
import { type BrokerConfig, storeLocationOf } from '../config.ts';
import { openStore, type Store } from '../store/store.ts';

/** Runs the task with the database open, and closes it however the task ends. */
export const withStore = async <T>(config: BrokerConfig, task: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore(storeLocationOf(config));
  try {
    return await task(store);
  } finally {
    await store.close();
  }
};
