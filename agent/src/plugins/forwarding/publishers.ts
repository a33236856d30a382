/** Forwards and addresses over what they share: one wish, one reading of counters, one switch of IP forwarding. */
import type { Address, Forward } from '@sidegate/protocol';
import { AddressesFile, type AddressRecord } from '../../forwarding/address-record.ts';
import { type ForwardRecord, ForwardsFile } from '../../forwarding/forward-record.ts';
import type { AddressRule, ForwardRule, PluginHost } from '../../plugin-api/index.ts';
import { createAddressKind } from './address-kind.ts';
import { createForwardKind } from './forward-kind.ts';
import { createForwardingSwitch } from './forwarding-switch.ts';
import { createPublicationStore } from './publication-store.ts';
import { Publisher } from './publisher.ts';
import { createUsageWatch, type UsageWatch } from './usage-watch.ts';

/** Both kinds. */
export interface Publishers {
  readonly forwards: Publisher<ForwardRecord, Forward, ForwardRule>;
  readonly addresses: Publisher<AddressRecord, Address, AddressRule>;
  readonly usage: UsageWatch;
  readonly keepForwarding: () => Promise<void>;
}

/** One slot of the firewall for the rules of both. */
const createWish = ({ hooks: { firewall } }: PluginHost) => {
  let wish: { readonly forwards: readonly ForwardRule[]; readonly addresses: readonly AddressRule[] } = {
    forwards: [],
    addresses: [],
  };
  return (change: Partial<typeof wish>) => {
    wish = { ...wish, ...change };
    if (wish.forwards.length + wish.addresses.length === 0) firewall.clear();
    else firewall.replace(wish);
  };
};

/** Nothing is loaded yet. */
export const createPublishers = (host: PluginHost): Publishers => {
  const { facts, clock, log, signal } = host;
  const { firewall, files } = host.ports;
  const claims = {
    forwards: facts.claim('forwards'),
    addresses: facts.claim('addresses'),
    hosts: facts.claim('host-wishes'),
  };
  claims.forwards.publish([]);
  claims.addresses.publish([]);
  const wish = createWish(host);
  const usage = createUsageWatch({
    firewall,
    files,
    clock,
    log,
    signal,
    ids: () => [...forwards.ids(), ...addresses.ids()],
    onChange() {
      forwards.show();
      addresses.show();
    },
  });
  const forwarding = createForwardingSwitch(host, () => forwards.hasEnabled() || addresses.hasEnabled());
  const keepForwarding = () => forwarding.request();
  const shared = { host, readUsage: usage.read, keepForwarding };
  const forwards: Publishers['forwards'] = new Publisher({
    ...shared,
    kind: createForwardKind(host, usage),
    store: createPublicationStore(files, 'forwards', ForwardsFile),
    wish: (rules) => wish({ forwards: rules }),
    publish: claims.forwards.publish,
  });
  const addresses: Publishers['addresses'] = new Publisher({
    ...shared,
    kind: createAddressKind(host, usage, claims.hosts.publish),
    store: createPublicationStore(files, 'addresses', AddressesFile),
    wish: (rules) => wish({ addresses: rules }),
    publish: claims.addresses.publish,
  });
  return { forwards, addresses, usage, keepForwarding };
};
