/** The machine as the planner of forwards wants it: facts, addresses and ports, gathered at this moment. */
import type { Ip4 } from '@sidegate/protocol';
import type { ForwardRecord } from '../../forwarding/forward-record.ts';
import type { ForwardingState } from '../../forwarding/plans/plan-forward.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { readPortsInUse } from './read-ports-in-use.ts';

/** What a new forward is checked against. */
export const readForwardingState = async (
  { facts, ports, signal }: PluginHost,
  forwards: readonly ForwardRecord[],
): Promise<ForwardingState> => {
  const links = await ports.links.readLinks(signal);
  const onLinks = links.flatMap((link) => link.addresses4.map((cidr) => cidr.split('/')[0] as Ip4));
  // Known before the tunnel is up.
  const map = facts.get('network-map');
  const mesh = map?.self.address4;
  return {
    forwards,
    hosts: facts.get('hosts') ?? [],
    scopes: facts.get('scopes') ?? [],
    peers: map?.peers ?? [],
    meshPrefix: map?.account.prefix4,
    ownAddresses: mesh === undefined ? onLinks : [...onLinks, mesh],
    portsInUse: await readPortsInUse(facts.get('tunnel')?.listenPort),
  };
};
