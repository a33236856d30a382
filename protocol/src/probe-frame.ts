/**
 * Probe frames: what two agents send from their WireGuard ports to find a direct path.
 *
 * Layout, 60 bytes, all types alike, so that an answer is never larger than the question:
 *   0  4  magic "SGP1": can never be WireGuard, whose first byte is 1 to 4 and next three are zero
 *   4  1  type: 1 ping, 2 pong, 3 select: a ping by which the controlling side names the path to switch to;
 *         4 echo, to a beacon or relay that knows the sender's address, 5 echoed: the same frame come back. Their
 *         random nonce is all the proof that measuring a round trip needs; sender, address and HMAC are zero
 *   5  1  reserved, zero
 *   6  8  session, chosen by the broker for this punch
 *  14  8  nonce, chosen by the pinging side, echoed by the pong
 *  22  6  from: first six bytes of the sender's public key, to find the HMAC key without a search
 *  28 16  seen address: where the ping came from (IPv6 or IPv4-mapped); zero in a ping
 *  44  2  seen port, big-endian; zero in a ping
 *  46 14  HMAC-SHA256 over bytes 0..45, truncated; keyed by both nodes' static keys (RFC 2104 section 5 truncation)
 * This file knows the layout only; making and checking the HMAC is the agent's business.
 */
export const PROBE_MAGIC = Uint8Array.of(0x53, 0x47, 0x50, 0x31);
/** Of every type. */
export const PROBE_SIZE_BYTES = 60;
/** The HMAC is over all bytes before this one. */
export const PROBE_MAC_OFFSET = 46;

/** The fields of the layout above, bytes as lower-case hex. */
export interface ProbeFrame {
  readonly type: 'ping' | 'pong' | 'select' | 'echo' | 'echoed';
  /** 8 bytes, hex. */
  readonly session: string;
  /** 8 bytes, hex. */
  readonly nonce: string;
  /** 6 bytes, hex. */
  readonly fromKeyPrefix: string;
  /** 16 bytes, hex: the address a ping was seen from. */
  readonly seenAddress: string;
  readonly seenPort: number;
  /** 14 bytes, hex. */
  readonly mac: string;
}

const TYPES = ['ping', 'pong', 'select', 'echo', 'echoed'] as const;

const hex = (bytes: Uint8Array, from: number, to: number): string => {
  let text = '';
  for (let at = from; at < to; at++) text += bytes[at]!.toString(16).padStart(2, '0');
  return text;
};

const putHex = (bytes: Uint8Array, at: number, text: string): void => {
  for (let i = 0; i < text.length; i += 2) bytes[at + i / 2] = Number.parseInt(text.slice(i, i + 2), 16);
};

/** Is this datagram one of ours rather than WireGuard's? */
export const isProbe = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && PROBE_MAGIC.every((byte, at) => bytes[at] === byte);

/** Encodes a frame; the MAC is written as given. */
export const encodeProbe = (frame: ProbeFrame): Uint8Array => {
  const bytes = new Uint8Array(PROBE_SIZE_BYTES);
  bytes.set(PROBE_MAGIC, 0);
  bytes[4] = TYPES.indexOf(frame.type) + 1;
  putHex(bytes, 6, frame.session);
  putHex(bytes, 14, frame.nonce);
  putHex(bytes, 22, frame.fromKeyPrefix);
  putHex(bytes, 28, frame.seenAddress);
  bytes[44] = frame.seenPort >> 8;
  bytes[45] = frame.seenPort & 0xff;
  putHex(bytes, PROBE_MAC_OFFSET, frame.mac);
  return bytes;
};

/** Decodes a datagram, or `undefined` where it is not exactly a probe frame. The MAC is not checked here. */
export const decodeProbe = (bytes: Uint8Array): ProbeFrame | undefined => {
  if (bytes.length !== PROBE_SIZE_BYTES || !isProbe(bytes) || bytes[5] !== 0) return undefined;
  const type = TYPES[bytes[4]! - 1];
  if (type === undefined) return undefined;
  return {
    type,
    session: hex(bytes, 6, 14),
    nonce: hex(bytes, 14, 22),
    fromKeyPrefix: hex(bytes, 22, 28),
    seenAddress: hex(bytes, 28, 44),
    seenPort: bytes[44]! * 256 + bytes[45]!,
    mac: hex(bytes, PROBE_MAC_OFFSET, PROBE_SIZE_BYTES),
  };
};

/** An echo with this nonce (8 bytes, hex). */
export const encodeEcho = (nonce: string): Uint8Array =>
  encodeProbe({
    type: 'echo',
    session: '00'.repeat(8),
    nonce,
    fromKeyPrefix: '00'.repeat(6),
    seenAddress: '00'.repeat(16),
    seenPort: 0,
    mac: '00'.repeat(PROBE_SIZE_BYTES - PROBE_MAC_OFFSET),
  });

/** What a relay sends back for an echo; `undefined` for all else. Never an answer to an answer. */
export const answerEcho = (bytes: Uint8Array): Uint8Array | undefined => {
  if (decodeProbe(bytes)?.type !== 'echo') return undefined;
  const answer = bytes.slice();
  answer[4] = TYPES.indexOf('echoed') + 1;
  return answer;
};
