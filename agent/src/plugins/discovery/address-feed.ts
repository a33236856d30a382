/** Addresses as they are found, for any number of readers; each reader sees every address once. */
import type { Ip4 } from '@sidegate/protocol';

/** The writing end and the reading end. */
export interface AddressFeed extends AsyncIterable<Ip4> {
  add(address: Ip4): void;
  /** No more will come. */
  close(): void;
  readonly size: number;
}

/** Empty and open. */
export const createAddressFeed = (): AddressFeed => {
  const addresses: Ip4[] = [];
  const known = new Set<Ip4>();
  let isClosed = false;
  let waiting: (() => void)[] = [];
  const notify = () => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    add(address) {
      if (isClosed || known.has(address)) return;
      known.add(address);
      addresses.push(address);
      notify();
    },
    close() {
      isClosed = true;
      notify();
    },
    get size() {
      return addresses.length;
    },
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at++) {
        while (at >= addresses.length) {
          if (isClosed) return;
          await new Promise<void>((resolve) => waiting.push(resolve));
        }
        yield addresses[at]!;
      }
    },
  };
};
