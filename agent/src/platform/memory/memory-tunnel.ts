import type { PublicKey } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { IfName, Tunnel, TunnelConfig, TunnelPeerChange, TunnelPeerState } from '../../ports/index.ts';

/** A WireGuard interface that only remembers. */
export interface MemoryTunnel extends Tunnel {
  /** The interface as it is, `undefined` while there is none. */
  config(name: IfName): TunnelConfig | undefined;
  routes(name: IfName): readonly string[];
  /** How often it was created, so that a test can tell adoption from a new one. */
  readonly created: number;
  readonly changes: readonly TunnelPeerChange[];
  /** Plays the network's part: a handshake, bytes, a peer that roamed. */
  observe(name: IfName, publicKey: PublicKey, seen: Partial<TunnelPeerState>): void;
}

interface MemoryInterface {
  config: TunnelConfig;
  routes: readonly string[];
  readonly peers: Map<PublicKey, TunnelPeerState>;
}

const NEW_PEER = { endpoint: undefined, latestHandshakeAt: undefined, rxBytes: 0, txBytes: 0 } as const;

const applyChange = (peers: Map<PublicKey, TunnelPeerState>, change: TunnelPeerChange): void => {
  if (change.kind === 'remove') return void peers.delete(change.publicKey);
  if (change.kind === 'set' || change.kind === 'reset') {
    const { publicKey } = change.peer;
    const before = change.kind === 'set' ? peers.get(publicKey) : undefined;
    peers.set(publicKey, { ...NEW_PEER, ...before, ...change.peer });
    return;
  }
  const { publicKey } = change;
  const before = peers.get(publicKey) ?? { ...NEW_PEER, publicKey, allowedIps: [], keepaliveSec: 0 };
  const { kind: _, ...values } = change;
  peers.set(publicKey, { ...before, ...values });
};

/** No interface yet. */
export const createMemoryTunnel = (): MemoryTunnel => {
  const interfaces = new Map<IfName, MemoryInterface>();
  const changes: TunnelPeerChange[] = [];
  let created = 0;
  const get = (name: IfName): MemoryInterface => {
    const found = interfaces.get(name);
    if (found !== undefined) return found;
    throw new AgentError('COMMAND_FAILED', `There is no interface ${name}`);
  };
  return {
    async ensure(config, signal) {
      signal.throwIfAborted();
      const present = interfaces.get(config.interfaceName);
      if (present === undefined) {
        created += 1;
        interfaces.set(config.interfaceName, { config, routes: [], peers: new Map() });
      } else present.config = config;
      return { kind: 'userspace' };
    },
    async change(name, all, signal) {
      signal.throwIfAborted();
      const { peers } = get(name);
      for (const change of all) applyChange(peers, change);
      changes.push(...all);
    },
    async ensureRoutes(name, networks, signal) {
      signal.throwIfAborted();
      get(name).routes = [...networks];
    },
    async read(name) {
      const found = interfaces.get(name);
      return found === undefined ? undefined : [...found.peers.values()];
    },
    async countPackets(name) {
      const peers = interfaces.get(name)?.peers.values();
      return peers && [...peers].reduce((sum, { rxBytes, txBytes }) => sum + rxBytes + txBytes, 0);
    },
    async remove(name) {
      interfaces.delete(name);
    },
    config: (name) => interfaces.get(name)?.config,
    routes: (name) => interfaces.get(name)?.routes ?? [],
    get created() {
      return created;
    },
    changes,
    observe(name, publicKey, seen) {
      const { peers } = get(name);
      const before = peers.get(publicKey);
      if (before !== undefined) peers.set(publicKey, { ...before, ...seen });
    },
  };
};
