/** What the map asks of firewall and resolver, and how peers look to people. Pure. */
import { hostFqdn, type MapPeer, type NetworkMap, nodeFqdn, type PeerStatus } from '@sidegate/protocol';
import type { PathState } from '../../paths/path-state.ts';
import type { FirewallWish } from '../../plugin-api/index.ts';
import type { IfName, TunnelPeerState } from '../../ports/index.ts';

/** Who may come in through the tunnel, and the sharing of the WireGuard port. Heartbeats the table lets in by itself. */
export const renderFirewallWish = (options: {
  readonly map: NetworkMap;
  readonly interfaceName: IfName;
  readonly wireguardPort: number;
  readonly agentPort: number | undefined;
}): FirewallWish => {
  const { map, interfaceName, wireguardPort, agentPort } = options;
  const { role, address4, address6 } = map.self;
  return {
    ...(agentPort === undefined ? {} : { portSharing: { agentPort, wireguardPort } }),
    tunnel: {
      interfaceName,
      role,
      self: { address4, address6 },
      peers: map.peers.map((peer) => ({
        address4: peer.address4,
        address6: peer.address6,
        inbound: peer.inbound,
      })),
    },
  };
};

/** Names of ourselves and of every peer, and of the hosts behind peers. */
export const renderNames = ({
  self,
  account,
  peers,
}: NetworkMap): readonly { readonly name: string; readonly address: string }[] =>
  [self, ...peers].flatMap((node) => {
    const name = nodeFqdn(node.name, account.label, account.baseDomain);
    // Only peers know the way to a host by its own address; its edge is beside it.
    const hosts = node === self ? [] : (node.hosts ?? []);
    return [
      { name, address: node.address4 },
      ...hosts.map((host) => ({ name: hostFqdn(host.name, name), address: host.address4 })),
    ];
  });

const pathOf = (peer: MapPeer, state: PathState | undefined): PeerStatus['path'] => {
  // Nobody talks to it: the relay would be the way.
  if (state === undefined) return peer.online ? 'relayed' : 'down';
  if (state.phase === 'down') return 'down';
  if (state.phase === 'direct') return 'direct';
  return peer.online || state.hasSession ? 'relayed' : 'down';
};

/** One peer for `GET /peers`. `toWallMs` turns the machine's monotonic stamps into dates. */
export const renderPeerStatus = (
  map: NetworkMap,
  peer: MapPeer,
  state: PathState | undefined,
  found: TunnelPeerState | undefined,
  toWallMs: (monoMs: number) => number,
): PeerStatus => {
  const { id, name, role, address4, address6, online, tags } = peer;
  const rttMs = state?.liveness.rttMs;
  return {
    id,
    name,
    fqdn: nodeFqdn(name, map.account.label, map.account.baseDomain),
    role,
    address4,
    address6,
    online,
    tags,
    path: pathOf(peer, state),
    ...(found?.endpoint === undefined ? {} : { endpoint: found.endpoint }),
    ...(rttMs === undefined ? {} : { rttMs: Math.round(rttMs * 10) / 10 }),
    ...(found?.latestHandshakeAt === undefined ? {} : { latestHandshakeAt: found.latestHandshakeAt }),
    rxBytes: found?.rxBytes ?? 0,
    txBytes: found?.txBytes ?? 0,
    explain: (state?.transitions ?? []).map(({ atMs, from, to, why }) => ({
      at: Math.max(0, Math.round(toWallMs(atMs))),
      from,
      to,
      why,
    })),
  };
};
