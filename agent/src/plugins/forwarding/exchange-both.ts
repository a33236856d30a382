import type { AddressRecord } from '../../forwarding/address-record.ts';
import type { ForwardRecord } from '../../forwarding/forward-record.ts';
import type { Publishers } from './publishers.ts';

/** All publications of an edge. */
export interface Records {
  readonly forwards: readonly ForwardRecord[];
  readonly addresses: readonly AddressRecord[];
}

/** Many changes to both kinds at once: what one of them refuses leaves the other as it was. */
export const exchangeBoth = async (
  { forwards, addresses }: Pick<Publishers, 'forwards' | 'addresses'>,
  plan: (present: Records) => Promise<Records>,
  user: string,
): Promise<void> => {
  let before: readonly AddressRecord[] | undefined;
  try {
    await forwards.exchange(async (presentForwards) => {
      let next: readonly ForwardRecord[] = presentForwards;
      await addresses.exchange(async (presentAddresses) => {
        const planned = await plan({ forwards: presentForwards, addresses: presentAddresses });
        next = planned.forwards;
        before = presentAddresses;
        return planned.addresses;
      }, user);
      return next;
    }, user);
  } catch (error) {
    const undone = before;
    if (undone !== undefined) await addresses.exchange(async () => undone, user);
    throw error;
  }
};
