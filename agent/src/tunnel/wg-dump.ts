/**
 * The WireGuard interface as data: what `wg` prints, and what to tell it. Pure; must not import anything that runs.
 *
 * `wg show <interface> dump` (wg(8)): one line for the interface, one for each peer, fields by tabs.
 */
import { parseEndpoint, Secret } from '@sidegate/kit';
import { Cidr4, Cidr6, PublicKey } from '@sidegate/protocol';
import * as v from 'valibot';
import type { TunnelPeerState } from '../ports/index.ts';

/** The interface's own line. */
export interface TunnelInterfaceState {
  /** `undefined` while no key was set. */
  readonly privateKey: Secret | undefined;
  readonly listenPort: number;
}

/** The whole interface at one moment. */
export interface WgDump {
  readonly self: TunnelInterfaceState;
  readonly peers: readonly TunnelPeerState[];
}

const PEER_FIELDS = 8;
const INTERFACE_FIELDS = 4;

/** Digits as `wg` prints them; beyond 2^53 a counter is nothing we could add up. */
const parseCount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))
    ? Number(text)
    : undefined;

const parseAllowedIps = (text: string): readonly string[] | undefined => {
  if (text === '(none)') return [];
  const networks = text.split(',');
  return networks.every((network) => v.is(Cidr4, network) || v.is(Cidr6, network)) ? networks : undefined;
};

const parsePeer = (line: string): TunnelPeerState | undefined => {
  const fields = line.split('\t');
  if (fields.length !== PEER_FIELDS) return undefined;
  const [key, , endpoint, networks, handshake, rx, tx, keepalive] = fields;
  const publicKey = v.safeParse(PublicKey, key);
  const allowedIps = parseAllowedIps(networks!);
  const handshakeSec = parseCount(handshake);
  const rxBytes = parseCount(rx);
  const txBytes = parseCount(tx);
  const keepaliveSec = keepalive === 'off' ? 0 : parseCount(keepalive);
  if (!publicKey.success || allowedIps === undefined || handshakeSec === undefined) return undefined;
  if (rxBytes === undefined || txBytes === undefined || keepaliveSec === undefined) return undefined;
  return {
    publicKey: publicKey.output,
    endpoint: parseEndpoint(endpoint!),
    allowedIps,
    latestHandshakeAt: handshakeSec === 0 ? undefined : handshakeSec * 1000,
    rxBytes,
    txBytes,
    keepaliveSec,
  };
};

/** Reads a dump; peers whose line makes no sense are left out. `undefined` where the interface's line makes none. */
export const parseWgDump = (text: string): WgDump | undefined => {
  const [first, ...rest] = text.split('\n').filter((line) => line !== '');
  const fields = first?.split('\t') ?? [];
  const listenPort = parseCount(fields[2]);
  if (fields.length !== INTERFACE_FIELDS || listenPort === undefined || listenPort > 65535) return undefined;
  const privateKey = fields[0] === '(none)' ? undefined : new Secret(fields[0]!);
  return {
    self: { privateKey, listenPort },
    peers: rest.map(parsePeer).filter((peer) => peer !== undefined),
  };
};

/** A copy that does not keep the whole text alive of which the line is a part, as V8's substrings do. */
const detach = (line: string): string => Buffer.from(line, 'latin1').toString('latin1');

/**
 * Reads dump after dump of one interface. A peer whose line is as it was is the same object as it was: ten thousand
 * peers that lie idle are compared as text, and whoever asks what is new compares objects.
 */
export const createWgDumpReader = (): ((text: string) => WgDump | undefined) => {
  let lastText: string | undefined;
  let last: WgDump | undefined;
  let known = new Map<string, TunnelPeerState>();
  return (text) => {
    if (text === lastText) return last;
    const end = text.indexOf('\n');
    const self = parseWgDump(detach(end < 0 ? text : text.slice(0, end)))?.self;
    const next = new Map<string, TunnelPeerState>();
    for (const line of end < 0 ? [] : text.slice(end + 1).split('\n')) {
      const peer = line === '' ? undefined : (known.get(line) ?? parsePeer(detach(line)));
      if (peer !== undefined) next.set(line, peer);
    }
    known = next;
    lastText = text;
    last = self && { self, peers: [...next.values()] };
    return last;
  };
};

/** The other way round, for tests and fakes. */
export const renderWgDump = ({ self, peers }: WgDump, publicKey = '(none)'): string => {
  const own = [self.privateKey?.reveal() ?? '(none)', publicKey, self.listenPort, 'off'];
  const lines = peers.map((peer) => [
    peer.publicKey,
    '(none)',
    peer.endpoint ?? '(none)',
    peer.allowedIps.join(',') || '(none)',
    Math.floor((peer.latestHandshakeAt ?? 0) / 1000),
    peer.rxBytes,
    peer.txBytes,
    peer.keepaliveSec || 'off',
  ]);
  return [own, ...lines].map((line) => `${line.join('\t')}\n`).join('');
};
