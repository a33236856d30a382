import { isInCidr } from '@sidegate/kit';
import type { Host, Ip4, Mac, Scope } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { Publication } from '../publication.ts';
import { hostOf } from './resolve-target.ts';

/** What a magic packet needs: whom it wakes, where they are, on whose wire. */
export interface Sleeper {
  readonly mac: Mac;
  readonly address: Ip4;
  readonly scope: Scope & { readonly interfaceName: string };
}

/** How to wake a device; throws WAKE_WITHOUT_MAC or WAKE_NOT_ATTACHED where nobody here can. Pure. */
export const planSleeper = (
  { mac, addresses, name }: Pick<Host, 'addresses' | 'name'> & { readonly mac?: Mac | undefined },
  scopes: readonly Scope[],
): Sleeper => {
  if (mac === undefined) throw new AgentError('WAKE_WITHOUT_MAC', `${name} has no hardware address here`);
  for (const address of addresses) {
    const scope = scopes.find(
      (one) =>
        one.kind === 'attached' &&
        one.interfaceName !== undefined &&
        !address.includes(':') &&
        isInCidr(address as Ip4, one.cidr),
    );
    if (scope?.interfaceName !== undefined)
      return { mac, address: address as Ip4, scope: { ...scope, interfaceName: scope.interfaceName } };
  }
  throw new AgentError('WAKE_NOT_ATTACHED', `${name} is in no network that this machine is attached to`);
};

/** Refuses to promise what cannot be kept. */
export const checkWake = (
  record: Pick<Publication, 'target' | 'hostMac' | 'lastAddress' | 'wake'>,
  { hosts, scopes }: { readonly hosts: readonly Host[]; readonly scopes: readonly Scope[] },
): void => {
  if (record.wake !== true) return;
  const { target, hostMac, lastAddress } = record;
  const address = target.kind === 'address' ? target.address : lastAddress;
  const { mac = hostMac, name = address ?? 'This host' } = hostOf(record, hosts) ?? {};
  planSleeper({ mac, name, addresses: address === undefined ? [] : [address] }, scopes);
};
