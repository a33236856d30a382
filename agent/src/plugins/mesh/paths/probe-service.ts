/**
 * The agent's probe socket: frames out under the pair's key and within the budget, frames in checked before anybody
 * hears of them. What a ping carries on the wire as its nonce only its receiver can know: a peer that names somebody
 * else's address cannot answer for it, whatever source it forges.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, formatEndpoint, isIp4, type Secret, splitEndpoint } from '@sidegate/kit';
import {
  decodeProbe,
  type Endpoint,
  encodeEcho,
  isProbe,
  type MapPeer,
  type NodeId,
  type ProbeFrame,
  type PublicKey,
} from '@sidegate/protocol';
import { encodeKnock } from '@sidegate/relay';
import {
  deriveProbeKey,
  encodeSeen,
  keyPrefixOf,
  signProbe,
  verifyProbe,
} from '../../../paths/probe-auth.ts';
import { createProbeBudget } from '../../../paths/probe-budget.ts';
import type { Sockets, UdpSocket } from '../../../ports/index.ts';

/** Pongs a second, all peers together: a replayed ping must not turn us into a fountain. */
const PONGS_PER_SEC = 50;
/** Numbers of a candidate and of a ping, see `probe-session.ts`: what was never ours is none, but by chance in 2^32. */
const OWN_NONCE = /^0{4}[\da-f]{4}0{4}[\da-f]{4}$/;
const NO_ADDRESS = '00'.repeat(16);

export interface ProbeService extends AsyncDisposable {
  /** What the firewall must carry to and from the WireGuard port. */
  readonly agentPort: number;
  setPeers(peers: readonly MapPeer[]): void;
  /** A handshake initiation of our own making, for a stock app; see `plain-path.ts`. */
  knock(peer: MapPeer, to: Endpoint): void;
  send(peer: MapPeer, probe: Pick<ProbeFrame, 'type' | 'session' | 'nonce'>, to: Endpoint): void;
  /** Asks a relay for an answer. */
  sendEcho(nonce: string, to: Endpoint): void;
  /** Resolves when all of that is on its way. */
  sent(): Promise<void>;
}

const bindBoth = async (sockets: Sockets): Promise<{ four: UdpSocket; six: UdpSocket | undefined }> => {
  const four = await sockets.bindUdp({ family: 4 });
  // One port for both families, so that one firewall rule serves; without IPv6 there is nothing to probe by it.
  const six = await sockets.bindUdp({ family: 6, port: four.localPort }).catch(() => undefined);
  return { four, six };
};

/** Binds the socket and listens. `onProbe` hears authenticated frames only. */
export const startProbeService = async (options: {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly privateKey: Secret;
  readonly ownKey: PublicKey;
  readonly onProbe: (peer: NodeId, frame: ProbeFrame, from: Endpoint) => void;
  /** Whoever sent it: the nonce has to tell. */
  readonly onEchoed: (nonce: string, from: Endpoint) => void;
}): Promise<ProbeService> => {
  const { sockets, clock, privateKey, ownKey, onProbe } = options;
  const fromKeyPrefix = keyPrefixOf(ownKey);
  const { four, six } = await bindBoth(sockets);
  const budget = createProbeBudget(clock.monoMs());
  const nonceSecret = randomBytes(32);
  let byPrefix = new Map<string, { readonly peer: MapPeer; key?: Buffer | undefined }>();
  let pongs = PONGS_PER_SEC;
  let refilledAtMs = clock.monoMs();

  const keyOf = (prefix: string): Buffer | undefined => {
    const known = byPrefix.get(prefix);
    if (known === undefined) return undefined;
    known.key ??= deriveProbeKey(privateKey, known.peer.publicKey);
    return known.key;
  };
  /** Hides the nonce of a ping to this endpoint, and finds it again in the answer from there. */
  const maskNonce = (nonce: string, session: string, endpoint: Endpoint): string => {
    const mask = createHmac('sha256', nonceSecret)
      .update(`${session} ${endpoint}`)
      .digest()
      .readBigUInt64BE();
    return (BigInt(`0x${nonce}`) ^ mask).toString(16).padStart(16, '0');
  };
  const isAffordable = (endpoint: Endpoint): boolean =>
    budget.take(splitEndpoint(endpoint).address, clock.monoMs());
  const mayPong = (): boolean => {
    const nowMs = clock.monoMs();
    pongs = Math.min(PONGS_PER_SEC, pongs + ((nowMs - refilledAtMs) / 1000) * PONGS_PER_SEC);
    refilledAtMs = nowMs;
    if (pongs < 1) return false;
    pongs -= 1;
    return true;
  };
  const listen = (socket: UdpSocket) =>
    socket.onMessage((bytes, from) => {
      if (!isProbe(bytes)) return;
      const plain = decodeProbe(bytes);
      if (plain?.type === 'echoed') options.onEchoed(plain.nonce, formatEndpoint(from));
      if (plain?.type === 'echo' || plain?.type === 'echoed') return;
      const frame = verifyProbe(bytes, keyOf);
      const peer = frame && byPrefix.get(frame.fromKeyPrefix)?.peer;
      if (frame === undefined || peer === undefined) return;
      const source = formatEndpoint(from);
      if (frame.type !== 'pong') return onProbe(peer.id, frame, source);
      const nonce = maskNonce(frame.nonce, frame.session, source);
      if (!OWN_NONCE.test(nonce)) return;
      budget.noteProven(from.address, clock.monoMs());
      onProbe(peer.id, { ...frame, nonce }, source);
    });
  const listeners = [four, six].filter((socket) => socket !== undefined).map(listen);
  return {
    agentPort: four.localPort,
    setPeers(peers) {
      byPrefix = new Map(
        peers.map((peer) => {
          const prefix = keyPrefixOf(peer.publicKey);
          const known = byPrefix.get(prefix);
          return [prefix, known?.peer.publicKey === peer.publicKey ? { ...known, peer } : { peer }];
        }),
      );
    },
    knock(peer, to) {
      if (!isAffordable(to)) return;
      const target = splitEndpoint(to);
      const privateBytes = Buffer.from(privateKey.reveal(), 'base64');
      const bytes = encodeKnock(privateBytes, peer.publicKey, clock.wallMs(), Math.random);
      (isIp4(target.address) ? four : six)?.send(bytes, target);
    },
    send(peer, { type, session, nonce }, to) {
      const key = keyOf(keyPrefixOf(peer.publicKey));
      const target = splitEndpoint(to);
      const socket = isIp4(target.address) ? four : six;
      if (key === undefined || socket === undefined || (type === 'pong' && !mayPong())) return;
      if (!isAffordable(to)) return;
      const seen =
        type === 'pong'
          ? { seenAddress: encodeSeen(target.address), seenPort: target.port }
          : { seenAddress: NO_ADDRESS, seenPort: 0 };
      const shown = type === 'pong' ? nonce : maskNonce(nonce, session, to);
      socket.send(signProbe({ type, session, nonce: shown, fromKeyPrefix, ...seen }, key), target);
    },
    sendEcho(nonce, to) {
      const target = splitEndpoint(to);
      (isIp4(target.address) ? four : six)?.send(encodeEcho(nonce), target);
    },
    async sent() {
      await Promise.all([four.sent(), six?.sent()]);
    },
    async [Symbol.asyncDispose]() {
      for (const listener of listeners) listener[Symbol.dispose]();
      await four[Symbol.asyncDispose]();
      await six?.[Symbol.asyncDispose]();
    },
  };
};
