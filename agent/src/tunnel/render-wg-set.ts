import type { TunnelPeer, TunnelPeerChange } from '../ports/index.ts';

/** One change is at most a few hundred bytes of arguments; Linux takes 2 MiB in one call. */
const CHANGES_PER_CALL = 200;

const peerWords = (peer: TunnelPeer): readonly string[] => [
  ...(peer.endpoint === undefined ? [] : ['endpoint', peer.endpoint]),
  'persistent-keepalive',
  String(peer.keepaliveSec),
  'allowed-ips',
  peer.allowedIps.join(','),
];

const changeWords = (change: TunnelPeerChange): readonly string[] => {
  switch (change.kind) {
    case 'set':
      return ['peer', change.peer.publicKey, ...peerWords(change.peer)];
    case 'reset': {
      const { publicKey } = change.peer;
      return ['peer', publicKey, 'remove', 'peer', publicKey, ...peerWords(change.peer)];
    }
    case 'endpoint':
      return ['peer', change.publicKey, 'endpoint', change.endpoint];
    case 'poke': {
      // From 0 to anything sends a keepalive at once (kernel `set_peer`, wireguard-go `handlePostConfig`).
      const off = ['peer', change.publicKey, 'persistent-keepalive', '0'];
      return [...off, 'peer', change.publicKey, 'persistent-keepalive', String(change.keepaliveSec)];
    }
    case 'remove':
      return ['peer', change.publicKey, 'remove'];
  }
};

/** Argument vectors of `wg` that make these changes in their order: one, unless there are very many. */
export const renderWgSet = (
  interfaceName: string,
  changes: readonly TunnelPeerChange[],
): readonly (readonly string[])[] => {
  const calls: string[][] = [];
  for (let at = 0; at < changes.length; at += CHANGES_PER_CALL) {
    const words = changes.slice(at, at + CHANGES_PER_CALL).flatMap(changeWords);
    calls.push(['set', interfaceName, ...words]);
  }
  return calls;
};
