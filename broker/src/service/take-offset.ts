/** A free place in an account's prefixes, for a node or for a host behind one. */
import { BrokerError } from '../errors.ts';
import type { AccountRow } from '../store/account-store.ts';
import type { Tables } from '../store/store.ts';
import { addressIn4, capacityOf, nextOffset } from './allocate-address.ts';

/** Inside a transaction that has locked the account, whose cursor is moved to what is taken. */
export const takeOffset = async (
  { accounts, nodes, hostAddresses }: Tables,
  { id, prefix4, addressCursor }: AccountRow,
): Promise<number> => {
  const isTaken = async (offset: number) => {
    const address = addressIn4(prefix4, offset);
    return (await nodes.hasAddress(id, address)) || (await hostAddresses.hasAddress(id, address));
  };
  let offset = nextOffset(prefix4, addressCursor);
  if (await isTaken(offset)) {
    const count = (await nodes.countAddresses(id)) + (await hostAddresses.countAddresses(id));
    if (count >= capacityOf(prefix4)) {
      throw new BrokerError('ADDRESSES_EXHAUSTED', `No address is free in ${prefix4}`);
    }
    do offset = nextOffset(prefix4, offset);
    while (await isTaken(offset));
  }
  await accounts.moveAddressCursor(id, offset);
  return offset;
};
