/** What peers had open and policy permits no longer: a rule for what begins would let it go on for days. Pure. */
import type { PermittedPeer } from '../plugin-api/firewall-wish.ts';
import type { ConnectionMatch } from '../ports/index.ts';
import type { FirewallPlan } from './firewall-plan.ts';
import { closedRanges, permittedRanges } from './permitted-ports.ts';

const revokedOf = (
  { address4: source, inbound: before }: PermittedPeer,
  after: PermittedPeer | undefined,
  { ownServices }: FirewallPlan,
): readonly ConnectionMatch[] => {
  if (before.kind === 'none' || after?.inbound.kind === 'all') return [];
  if (after === undefined || after.inbound.kind === 'none') return [{ source }];
  if (JSON.stringify(before) === JSON.stringify(after.inbound)) return [];
  const closed = closedRanges(permittedRanges(after, ownServices));
  return [
    ...closed.map(({ protocol, from, to }) => ({ protocol, port: from, lastPort: to, source })),
    { protocol: 'icmp', source },
  ];
};

/** From one plan to the next; none where there is no tunnel to speak of. */
export const revokedConnections = (before: FirewallPlan, after: FirewallPlan): readonly ConnectionMatch[] => {
  if (before.tunnel === undefined || after.tunnel === undefined) return [];
  const peers = new Map(after.tunnel.peers.map((peer) => [peer.address4, peer]));
  return before.tunnel.peers.flatMap((peer) => revokedOf(peer, peers.get(peer.address4), after));
};
