/** The fake edge's addresses of hosts: the next free one, for as long as the fake lives. */
import { type Address, type AddressPlan, NewAddress } from '@sidegate/protocol';
import type { EdgeData } from './edge-data.ts';
import { makeAddress } from './edge-publications.ts';
import { FakeError, type FakeRequest, readBody } from './fake-api.ts';

/** Gives a host an address, or says what that would be. */
export const addAddress = (
  { hosts, addresses }: EdgeData,
  { body, query }: FakeRequest,
  put: (address: Address) => Address,
): Address | AddressPlan => {
  const { target, name, allow, ...rest } = readBody(NewAddress, body);
  const host = hosts.get(target.kind === 'host' ? target.hostId : '');
  if (host === undefined) throw new FakeError(404, 'HOST_UNKNOWN', 'There is no such host', 'Scan again.');
  if ([...addresses.values()].some((one) => one.name === name)) {
    const title = `Another host of this edge is named ${name}`;
    throw new FakeError(409, 'ADDRESS_NAME_TAKEN', title, 'Choose another name.', 'name');
  }
  const made = makeAddress(name === undefined ? host : { ...host, name }, 50 + addresses.size);
  const sources = allow === undefined ? {} : { allow: { nodes: [], tags: allow.tags, users: [] } };
  const address = { ...made, ...rest, ...sources } as Address;
  const ruleset = `add element inet sidegate addresses { ${made.address4} : ${made.targetAddress} }`;
  return query.get('dryRun') === '1' ? { address, ruleset } : put(address);
};
