/**
 * Hosts behind an edge as members of the mesh. The edge says which hosts; the broker gives each an address of the
 * account's prefixes for as long as the edge names it. Database first; then the maps of all who may reach the edge.
 */
import type { Clock } from '@sidegate/kit';
import type { HostAddress, HostKey, HostWish } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { HostAddressRow } from '../store/host-address-store.ts';
import type { Store, Tables } from '../store/store.ts';
import { addressIn4, addressIn6 } from './allocate-address.ts';
import type { Network } from './network.ts';
import type { Node } from './node.ts';
import { takeOffset } from './take-offset.ts';

/** Creates the service: makes `wishes` the hosts of the node and answers with all of them. */
export const createHostAddresses = (deps: {
  readonly store: Store;
  readonly network: Network;
  readonly clock: Clock;
}) => {
  const { store, network, clock } = deps;

  const give = async (
    tables: Tables,
    { id: nodeId, identity }: Node,
    { key, name }: HostWish,
    leftBehind: ReadonlyMap<HostKey, HostAddressRow>,
  ): Promise<void> => {
    const old = leftBehind.get(key);
    if (old !== undefined) return tables.hostAddresses.update(old, { nodeId, name });
    const account = await tables.accounts.lock(identity.accountId);
    const offset = await takeOffset(tables, account);
    await tables.hostAddresses.insert({
      nodeId,
      key,
      accountId: account.id,
      name,
      address4: addressIn4(account.prefix4, offset),
      address6: addressIn6(account.prefix6, offset),
      createdAt: clock.wallMs(),
    });
  };

  return async (node: Node, wishes: readonly HostWish[]): Promise<readonly HostAddress[]> => {
    const { id: nodeId, identity } = node;
    if (identity.role !== 'edge') throw new BrokerError('NODE_NOT_EDGE', `${identity.name} is no edge`);
    const hosts = await store.transaction(async (tables) => {
      const { accounts, hostAddresses } = tables;
      // One at a time: two requests of one edge must not cross.
      await accounts.lock(identity.accountId);
      const wished = new Map(wishes.map((wish) => [wish.key, wish]));
      const present = new Map((await hostAddresses.list(nodeId)).map((host) => [host.key, host]));
      for (const key of present.keys()) if (!wished.has(key)) await hostAddresses.remove({ nodeId, key });
      const missing = wishes.filter(({ key }) => !present.has(key));
      const left =
        missing.length === 0 ? [] : await hostAddresses.listLeftBehind(identity.accountId, identity.name);
      const leftBehind = new Map(left.map((row) => [row.key, row]));
      for (const wish of missing) await give(tables, node, wish, leftBehind);
      for (const { key, name } of wishes) {
        const before = present.get(key)?.name;
        if (before !== undefined && before !== name) await hostAddresses.update({ nodeId, key }, { name });
      }
      return hostAddresses.list(nodeId);
    });
    network.change(node, { hosts });
    return hosts;
  };
};
