/** What one part of a session needs to know of the others, as plain values. Pure. */
import { splitEndpoint } from '@sidegate/kit';
import {
  type Candidate,
  type CheckInRequest,
  LIMITS,
  type NatKind,
  type NetworkMap,
  type PathSummary,
  type PeerStatus,
  type PublicKey,
} from '@sidegate/protocol';
import { gatherCandidates, ownLinks } from '../../paths/own-candidates.ts';
import { SESSION_LIFE_MS } from '../../paths/path-state.ts';
import { allBeaconEndpoints, findWaysOut } from '../../paths/underlay.ts';
import type { CandidateContext } from '../../paths/validate-candidates.ts';
import type { Health, PluginHost } from '../../plugin-api/index.ts';
import type { IfName, Link, TunnelPeerState } from '../../ports/index.ts';
import { type MeshConfig, staticCandidatesOf } from './mesh-config.ts';
import type { MeshFacts } from './mesh-facts.ts';
import { findOverlaps, overlapWarning } from './mesh-health.ts';
import type { NetworkView } from './underlay/network-watcher.ts';

/** What a punch's candidates are checked against. */
export const candidateContext = (
  map: NetworkMap,
  network: NetworkView,
  tunnelName: IfName,
  peerNat: NatKind,
): CandidateContext => {
  const links = ownLinks(network.links, tunnelName);
  return {
    ...findWaysOut(network, tunnelName),
    ownCidrs4: links.flatMap(({ addresses4 }) => addresses4),
    ownCidrs6: links.flatMap(({ addresses6 }) => addresses6),
    ownAddresses: links
      .flatMap((link): readonly string[] => [...link.addresses4, ...link.addresses6])
      .map((cidr) => cidr.split('/')[0]!),
    meshPrefix4: map.account.prefix4,
    meshPrefix6: map.account.prefix6,
    beaconAddresses: allBeaconEndpoints(map).map((endpoint) => splitEndpoint(endpoint).address),
    areBothSymmetric: map.self.nat === 'symmetric' && peerNat === 'symmetric',
  };
};

/** Has any beacon shaken hands lately? */
export const hasBeaconAnswered = (
  map: NetworkMap,
  states: ReadonlyMap<PublicKey, TunnelPeerState>,
  sessionAgeMs: (state: TunnelPeerState | undefined) => number | undefined,
): boolean =>
  map.beacons.some(({ publicKey }) => {
    const ageMs = sessionAgeMs(states.get(publicKey));
    return ageMs !== undefined && ageMs < SESSION_LIFE_MS;
  });

/** Does the mesh collide with the local network? As arguments of `setWarning`. */
export const overlapOf = (
  map: NetworkMap | undefined,
  { links, routes }: NetworkView,
  tunnelName: IfName,
): readonly [boolean, Parameters<Health['raise']>[0]] => {
  const prefix = map?.account.prefix4;
  const overlaps = prefix === undefined ? [] : findOverlaps(prefix, links, routes, tunnelName);
  return [
    overlaps.length > 0,
    overlapWarning(prefix ?? ('0.0.0.0/32' as NetworkMap['account']['prefix4']), overlaps),
  ];
};

const summaryOf = ({ id, path, endpoint, rttMs }: PeerStatus): PathSummary => ({
  peer: id,
  state: path,
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(rttMs === undefined ? {} : { rttMs: Math.min(rttMs, 60_000) }),
});

/** The body of a check-in, but for the revision. Steady while nothing changes: the broker then writes nothing. */
export const describeSelf = (options: {
  readonly host: PluginHost;
  readonly config: MeshConfig;
  readonly listenPort: number;
  readonly links: readonly Link[];
  readonly facts: MeshFacts;
  readonly healthCodes: readonly string[];
  /** Relays that answer, the nearest first; `undefined` where there is no choice. */
  readonly relays: readonly PublicKey[] | undefined;
}): Omit<CheckInRequest, 'revision'> => {
  const { host, config, listenPort, links, facts, healthCodes, relays } = options;
  const offer = host.facts.get('relay');
  const extra: readonly Candidate[] = [...staticCandidatesOf(config), ...host.hooks.candidates.all()];
  const candidates = gatherCandidates({ links, tunnelName: config.interfaceName, listenPort, extra });
  facts.setCandidates(candidates);
  return {
    bootId: host.platform.bootId as CheckInRequest['bootId'],
    agentVersion: host.platform.version as CheckInRequest['agentVersion'],
    listenPort,
    candidates: [...candidates],
    // Peers that are down say nothing that the broker does not know.
    paths: facts
      .peers()
      .filter(({ path }) => path !== 'down')
      .slice(0, LIMITS.pathsPerCheckIn)
      .map(summaryOf),
    ...(offer === undefined ? {} : { relay: { ...offer, endpoints: [...offer.endpoints] } }),
    ...(relays === undefined ? {} : { relays: [...relays] }),
    health: healthCodes.filter((code) => code.length <= 40).slice(0, 32),
    counts: {
      hosts: host.facts.get('hosts')?.length ?? 0,
      forwards: host.facts.get('forwards')?.length ?? 0,
    },
  };
};
