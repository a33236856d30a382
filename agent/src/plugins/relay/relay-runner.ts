/** One running relay: the core of `@sidegate/relay` on a UDP port of this machine. Needs no root and no interface. */
import type { Clock } from '@sidegate/kit';
import type { Ip, PublicKey, RelayDirectory } from '@sidegate/protocol';
import { type BeaconStats, createBeacon, startUdpServer, type UdpServer } from '@sidegate/relay';
import { compileHotCode } from '../../compile-hot-code.ts';
import { AgentError } from '../../errors.ts';
import { createDirectory, NO_DIRECTORY } from './relay-directory.ts';

/** Relays until it is disposed, for nobody before the first directory. */
export interface RelayRunner extends AsyncDisposable {
  readonly publicKey: PublicKey;
  readonly port: number;
  /** Whom it relays for, from now on. */
  setDirectory(directory: RelayDirectory): void;
  stats(): BeaconStats;
}

/** Both families where there are both. */
const listen = async (options: Omit<Parameters<typeof startUdpServer>[0], 'listen'>, port: number) => {
  const four = { beaconIndex: 0, address: '0.0.0.0' as Ip, port };
  const six = { beaconIndex: 0, address: '::' as Ip, port };
  const isNoSuchFamily = (error: unknown) =>
    ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '');
  try {
    return await startUdpServer({ ...options, listen: [four, six] });
  } catch (error) {
    if (!isNoSuchFamily(error)) throw error;
    return await startUdpServer({ ...options, listen: [four] });
  }
};

/** Binds the port and begins with nobody to relay for. */
export const startRelay = async (options: {
  readonly key: Uint8Array;
  readonly port: number;
  readonly clock: Clock;
}): Promise<RelayRunner> => {
  const { clock, port } = options;
  compileHotCode();
  let directory = createDirectory(NO_DIRECTORY);
  let members: ReadonlyMap<string, PublicKey> = new Map();
  const beacon = createBeacon({
    keys: [options.key],
    clock,
    directory: {
      isNode: (key) => directory.isNode(key),
      mayTalk: (from, to) => directory.mayTalk(from, to),
      relayCandidates: (from) => directory.relayCandidates(from),
    },
    // Where nodes are seen from is the broker's business, not that of other nodes.
    events: { onEndpoint: () => {}, onAlive: () => {} },
  });
  let server: UdpServer;
  try {
    server = await listen({ beacon, clock }, port);
  } catch (cause) {
    throw new AgentError('SOCKET_IN_USE', `Bind the relay's UDP port ${port}`, { cause });
  }
  return {
    publicKey: beacon.publicKeys[0]!,
    port: server.bound[0]!.port,
    setDirectory(next) {
      const nextMembers = new Map(next.nodes.map(({ id, publicKey }) => [id, publicKey]));
      for (const [id, key] of members) if (nextMembers.get(id as never) !== key) beacon.forget(id as never);
      members = nextMembers;
      directory = createDirectory(next);
    },
    stats: () => beacon.stats(),
    [Symbol.asyncDispose]: () => server.stop(),
  };
};
