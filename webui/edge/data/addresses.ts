/** Hosts with mesh addresses and names of their own. */
import type { Address, AddressPatch, AddressPlan, Host, NewAddress } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { createLiveList, type LiveList } from '../../shared/data/live.ts';
import type { EdgeEventMap, EdgeStream } from './edge-stream.ts';

/** Gives a host an address; the broker allots it. */
export const addAddress = (api: ApiClient, address: NewAddress): Promise<Address> =>
  api.post('/addresses', address);

/** What would be applied, without applying it. */
export const planAddress = (api: ApiClient, address: NewAddress): Promise<AddressPlan> =>
  api.post('/addresses?dryRun=1', address);

/** All ports of a host, for everybody whom policy permits, for ever. */
export const wholeHost = ({ id }: Host): NewAddress => ({
  target: { kind: 'host', hostId: id },
  label: '',
  note: '',
});

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
