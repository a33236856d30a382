/** Addresses of hosts' own as a kind of publication. What the broker allots comes with the network map. */
import { type Address, hostFqdn } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import { connectionsBeyond } from '../../forwarding/access/permitted-ports.ts';
import type { AddressRecord } from '../../forwarding/address-record.ts';
import { renderHostUrls } from '../../forwarding/forward-url.ts';
import { type Allotted, addressRules, hostWishes } from '../../forwarding/plans/plan-address.ts';
import { hostOf, resolveTarget } from '../../forwarding/plans/resolve-target.ts';
import { allowWordsOf } from '../../forwarding/publication.ts';
import type { AddressRule, Facts, PluginHost } from '../../plugin-api/index.ts';
import { edgeNameOf } from './forward-kind.ts';
import type { PublicationKind } from './publication-kind.ts';
import type { UsageWatch } from './usage-watch.ts';

/** See the top of this file. */
export const createAddressKind = (
  host: PluginHost,
  usage: Pick<UsageWatch, 'usageOf'>,
  wishFor: (hosts: Facts['host-wishes']) => void,
): PublicationKind<AddressRecord, Address, AddressRule> => {
  let known: Allotted = new Map();
  const allotted = (): Allotted => {
    const map = host.facts.get('network-map');
    // A map that is away for a moment takes no address away.
    if (map !== undefined) known = new Map((map.self.hosts ?? []).map((one) => [one.key, one]));
    return known;
  };
  return {
    noun: 'address',
    rules: (records, surroundings) => addressRules(records, allotted(), surroundings),
    view(record, surroundings) {
      const { key, hostMac: _mac, lastAddress: _last, ...shown } = record;
      const targetAddress = resolveTarget(record, surroundings);
      const fqdn = hostFqdn(record.name, edgeNameOf(host));
      const given = allotted().get(key);
      return {
        ...shown,
        ...(given === undefined ? {} : { address4: given.address4, address6: given.address6 }),
        ...(targetAddress === undefined ? {} : { targetAddress }),
        fqdn,
        urls: renderHostUrls(record, fqdn, hostOf(record, surroundings.hosts)),
        ...allowWordsOf(record, surroundings.peers),
        ...usage.usageOf(record.id),
      };
    },
    areRivals: (one, other) => one.key === other.key || one.name === other.name,
    connectionsOf(record) {
      const given = allotted().get(record.key);
      return given === undefined ? [] : [{ destination: given.address4 }];
    },
    connectionsOfRule: ({ meshAddress }) => ({ destination: meshAddress }),
    connectionsNarrowed: (before, { meshAddress, ports }) =>
      ports === undefined || JSON.stringify(before.ports) === JSON.stringify(ports)
        ? []
        : connectionsBeyond(ports, { destination: meshAddress }),
    describe: ({ name }) => name,
    notFound: () => new AgentError('ADDRESS_NOT_FOUND', 'There is no such address'),
    onChanged: (address) => host.events.emit('address.changed', address),
    onRemoved: (id) => host.events.emit('address.removed', { id }),
    onKept: (records) => wishFor(hostWishes(records)),
  };
};
