/**
 * Puts the network map into force, and says what came of it. First the paths, which say who needs a keepalive; then the
 * firewall's table, for a peer must not find a tunnel without its filter; then the tunnel. One run at a time: a wish
 * that comes meanwhile is one run more.
 */
import { createSingleFlight } from '@sidegate/kit';
import type { MapPeer } from '@sidegate/protocol';
import type { PluginHost } from '../../../plugin-api/index.ts';
import type { MeshConfig } from '../mesh-config.ts';
import type { MeshFacts } from '../mesh-facts.ts';
import { setWarning } from '../mesh-health.ts';
import { overlapOf } from '../mesh-views.ts';
import type { ReturnGreeting } from '../paths/return-greeting.ts';
import { createPeerStatuses } from '../peer-statuses.ts';
import type { SessionParts } from '../session-parts.ts';
import type { PeerGate } from '../tunnel/peer-gate.ts';
import type { BeaconGreeter } from '../underlay/beacon-greeter.ts';
import type { UnderlayWatch } from '../underlay/underlay-watch.ts';

export interface MapApplier {
  /** Resolves when the map of now is in force. */
  request(): Promise<void>;
  /** The same, for those who cannot wait. */
  requestSoon(): void;
  /** Paths take to the relays that both ends reach, as they are reached now. */
  planPaths(): void;
  publishPeers(): void;
}

export interface MapApplierDeps {
  readonly host: PluginHost;
  readonly config: MeshConfig;
  readonly facts: MeshFacts;
  readonly parts: SessionParts;
  readonly underlay: UnderlayWatch;
  readonly greeter: BeaconGreeter;
  readonly greeting: ReturnGreeting;
  /** An edge without its table would let every peer reach everything. */
  readonly gate: () => PeerGate;
  /** The map says that the beacons see us at another address than before. */
  readonly onSeenElsewhere: () => void;
  /** Runs a task whose failure is only worth a line in the log. */
  readonly inBackground: (what: string, task: () => Promise<void>) => void;
  readonly signal: AbortSignal;
}

/** Does nothing before there are a map and a tunnel, and nothing after the end. */
export const createMapApplier = (deps: MapApplierDeps): MapApplier => {
  const { host, config, facts, parts, underlay, greeter, greeting, signal } = deps;
  const statuses = createPeerStatuses(host.clock);

  const publishPeers = (): void => {
    const map = parts.maps?.map();
    if (map === undefined || signal.aborted) return;
    const stateOf = (peer: MapPeer) => parts.paths?.runner.stateOf(peer.id);
    const foundOf = (peer: MapPeer) => parts.poll?.latest().get(peer.publicKey);
    facts.setPeers(statuses.render(map, stateOf, foundOf));
  };

  const applyNow = async (): Promise<void> => {
    const map = parts.maps?.map();
    const { keeper } = parts;
    if (map === undefined || keeper === undefined || signal.aborted) return;
    const states = await keeper.read();
    const ways = underlay.current();
    // Before the paths: a path that is found in use asks at once, and would take its own deafness for the peer's silence.
    await parts.paths?.ensureHeartbeats(map);
    parts.paths?.setMap(map, ways, states);
    const gate = deps.gate();
    gate.wish(map, { wireguardPort: keeper.listenPort, agentPort: parts.paths?.agentPort });
    const isOpen = map.self.role !== 'edge' || gate.isOpen();
    await keeper.reconcile(map, ways, states);
    if (isOpen) greeting.notePeers();
    await greeting.greetIfDue(map, keeper);
    greeter.noteInTunnel();
    if (signal.aborted) return;
    const { interfaceName, mtuBytes } = config;
    if (parts.network !== undefined)
      setWarning(host.health, ...overlapOf(map, parts.network.view(), interfaceName));
    facts.setMap(map);
    if (greeter.noteSeenAt(map.self)) deps.onSeenElsewhere();
    parts.addresses?.request();
    const { kind, listenPort } = keeper;
    facts.setTunnel({ interfaceName, kind, listenPort, mtuBytes });
    facts.setLife({ state: 'up' });
    publishPeers();
  };

  const flight = createSingleFlight(applyNow);
  const requestSoon = (): void =>
    deps.inBackground('could not apply the network map', () => flight.request());
  return {
    request: () => flight.request(),
    requestSoon,
    publishPeers,
    planPaths() {
      const map = parts.maps?.map();
      if (map === undefined) return;
      parts.paths?.setMap(map, underlay.current(), [...(parts.poll?.latest().values() ?? [])]);
      // Peers that nobody talks to have no path, and begin where the tunnel has them.
      requestSoon();
    },
  };
};
