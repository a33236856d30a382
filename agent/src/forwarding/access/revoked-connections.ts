/** What peers had open and policy permits no longer: a rule for what begins would let it go on for days. Pure. */
import type { PermittedPeer } from '../../plugin-api/firewall-wish.ts';
import type { ConnectionMatch } from '../../ports/index.ts';
import type { FirewallPlan } from '../rules/firewall-plan.ts';
import { connectionsBeyond, permittedRanges } from './permitted-ports.ts';

const revokedOf = (
  { address4: source, inbound: before }: PermittedPeer,
  after: PermittedPeer | undefined,
  { ownServices }: FirewallPlan,
): readonly ConnectionMatch[] => {
  if (before.kind === 'none' || after?.inbound.kind === 'all') return [];
  if (after === undefined || after.inbound.kind === 'none') return [{ source }];
  if (JSON.stringify(before) === JSON.stringify(after.inbound)) return [];
  return [
    ...connectionsBeyond(permittedRanges(after, ownServices), { source }),
    { protocol: 'icmp', source },
  ];
};

/**
 * From one plan to the next; none where there is no tunnel now. Where there was none before, as for an agent that has
 * just started, everything may be open.
 */
export const revokedConnections = (
  before: FirewallPlan | undefined,
  after: FirewallPlan,
): readonly ConnectionMatch[] => {
  if (after.tunnel === undefined) return [];
  const peers = new Map(after.tunnel.peers.map((peer) => [peer.address4, peer]));
  const peersBefore =
    before?.tunnel?.peers ??
    after.tunnel.peers.map((peer) => ({ ...peer, inbound: { kind: 'all' } as const }));
  return peersBefore.flatMap((peer) => revokedOf(peer, peers.get(peer.address4), after));
};
