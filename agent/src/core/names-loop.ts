/** Keeps this machine's resolver knowing what the plugins together want known. */
import { type Clock, type Logger, parseIp } from '@sidegate/kit';
import type { Health } from '../plugin-api/index.ts';
import type { Resolver } from '../ports/index.ts';
import { createReconcileLoop, type ReconcileLoop } from './reconcile-loop.ts';
import type { SlotTable } from './slot-table.ts';

/** Other programs (DHCP clients, cloud-init) rewrite the same file. */
const RECHECK_MS = 60_000;

/** Names as plugins wish for them. */
export type NameWish = readonly { readonly name: string; readonly address: string }[];

/** What the loop works with. */
export interface NamesLoopDeps {
  readonly wishes: SlotTable<NameWish>;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly health: Health;
  readonly log: Logger;
}

/** Every wish once, sorted; what is no address is left out. */
export const mergeNames = (wishes: readonly NameWish[]) => {
  const names = wishes.flat().flatMap(({ name, address }) => {
    const parsed = parseIp(address);
    return parsed === undefined ? [] : [{ name: name.toLowerCase(), address: parsed }];
  });
  const byText = new Map(names.map((entry) => [`${entry.name} ${entry.address}`, entry]));
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry);
};

/** Made held; released once the plugins have said what they wish. */
export const createNamesLoop = ({ wishes, resolver, clock, health, log }: NamesLoopDeps): ReconcileLoop => {
  let hasApplied = false;
  const reconcile = async (signal: AbortSignal) => {
    const names = mergeNames(wishes.all().map(({ value }) => value));
    if (names.length > 0) {
      await resolver.apply(names, signal);
      hasApplied = true;
    } else if (hasApplied) {
      await resolver.remove();
      hasApplied = false;
    }
  };
  const loop = createReconcileLoop(
    {
      name: 'names',
      title: 'Names could not be made known to this machine',
      recheckMs: RECHECK_MS,
      reconcile,
    },
    { clock, health, log },
  );
  const watch = wishes.watch(() => loop.request());
  return {
    ...loop,
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
};
