/** What the mesh tells the rest of the agent: the facts it owns, each published whole. */
import type { PeerStatus } from '@sidegate/protocol';
import type { Facts, PluginHost } from '../../plugin-api/index.ts';

type Life = Facts['life'];

export interface MeshFacts {
  setLife(change: Partial<Life>): void;
  life(): Life;
  setMap(map: Facts['network-map'] | undefined): void;
  setTunnel(tunnel: Facts['tunnel'] | undefined): void;
  /** Publishes when something is new. */
  setCandidates(candidates: Facts['own-candidates'] | undefined): void;
  setTicketKey(key: string | undefined): void;
  setRelayDirectory(directory: Facts['relay-directory'] | undefined): void;
  /** Publishes when something is new; events for peers whose path, presence or endpoint changed. */
  setPeers(peers: readonly PeerStatus[]): void;
  peers(): readonly PeerStatus[];
}

const NOTHING: Life = {
  state: 'starting',
  brokerUrl: undefined,
  brokerConnected: false,
  lastContactAt: undefined,
  beaconReachable: false,
  isRelayByWebSocket: false,
  publicKey: undefined,
};

/** What makes a peer worth an event; counters and round trips are read by whoever wants them. */
const newsOf = ({ path, endpoint, online, explain }: PeerStatus): string =>
  `${path} ${endpoint} ${online} ${explain.at(-1)?.at}`;

/** Claims the facts of the mesh. */
export const claimMeshFacts = (host: PluginHost): MeshFacts => {
  const facts = {
    life: host.facts.claim('life'),
    map: host.facts.claim('network-map'),
    tunnel: host.facts.claim('tunnel'),
    peers: host.facts.claim('peers'),
    candidates: host.facts.claim('own-candidates'),
    ticketKey: host.facts.claim('ticket-key'),
    relayDirectory: host.facts.claim('relay-directory'),
  };
  let life = NOTHING;
  let peers: readonly PeerStatus[] = [];
  const set = <T>(fact: { publish(value: T): void; withdraw(): void }, value: T | undefined) =>
    value === undefined ? fact.withdraw() : fact.publish(value);
  return {
    setLife(change) {
      const next = { ...life, ...change };
      if (JSON.stringify(next) === JSON.stringify(life)) return;
      life = next;
      facts.life.publish(life);
    },
    life: () => life,
    setMap: (map) => set(facts.map, map),
    setRelayDirectory: (directory) => set(facts.relayDirectory, directory),
    setTunnel: (tunnel) => set(facts.tunnel, tunnel),
    setCandidates(next) {
      if (JSON.stringify(next) !== JSON.stringify(host.facts.get('own-candidates')))
        set(facts.candidates, next);
    },
    setTicketKey: (key) => set(facts.ticketKey, key),
    setPeers(next) {
      const isSame = (peer: PeerStatus, at: number) =>
        peer === peers[at] || JSON.stringify(peer) === JSON.stringify(peers[at]);
      if (next === peers || (next.length === peers.length && next.every(isSame))) return;
      const before = new Map(peers.map((peer) => [peer.id, peer]));
      peers = next;
      facts.peers.publish(peers);
      for (const peer of peers) {
        const last = before.get(peer.id);
        if (last !== peer && (last === undefined || newsOf(last) !== newsOf(peer)))
          host.events.emit('peer.changed', peer);
      }
    },
    peers: () => peers,
  };
};
