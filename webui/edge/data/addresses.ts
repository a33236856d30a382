/** Hosts with mesh addresses and names of their own. */
import type { Address, AddressPatch, AddressPlan, Host } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

/** Gives a host an address; the broker allots it. */
export const addAddress = (api: ApiClient, host: Host): Promise<Address> =>
  api.post('/addresses', { target: { kind: 'host', hostId: host.id } });

/** What would be applied, without applying it. */
export const planAddress = (api: ApiClient, host: Host): Promise<AddressPlan> =>
  api.post('/addresses?dryRun=1', { target: { kind: 'host', hostId: host.id } });

export const patchAddress = (api: ApiClient, id: string, patch: AddressPatch): Promise<Address> =>
  api.patch(`/addresses/${id}`, patch);

export const removeAddress = (api: ApiClient, id: string): Promise<void> => api.remove(`/addresses/${id}`);

/** The addresses with their counters, kept current. */
export const watchAddresses = (api: ApiClient, stream: EdgeStream): LiveList<Address> =>
  createLiveList<Address, EdgeEventMap>({
    stream,
    load: (signal) => api.get<Address[]>('/addresses', signal),
    changed: 'address.changed',
    removed: 'address.removed',
  });

/** The address of a host, if it has one. */
export const addressOfHost = (addresses: readonly Address[], host: Host): Address | undefined =>
  addresses.find(({ target }) =>
    target.kind === 'host'
      ? target.hostId === host.id
      : (host.addresses as readonly string[]).includes(target.address),
  );
