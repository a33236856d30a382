/**
 * Who may probe: each frame carries an HMAC under a key that only the two nodes can compute, from the X25519 of their
 * WireGuard keys. The label keeps it apart from whatever else is derived from that secret.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  timingSafeEqual,
} from 'node:crypto';
import { formatEndpoint, parseIp, type Secret } from '@sidegate/kit';
import {
  decodeProbe,
  type Endpoint,
  encodeProbe,
  PROBE_MAC_OFFSET,
  PROBE_SIZE_BYTES,
  type ProbeFrame,
  type PublicKey,
} from '@sidegate/protocol';

const LABEL = 'sidegate probe v1';
/** DER around 32 raw bytes (RFC 8410 section 7): what node:crypto takes on every version we run on. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex');

/** The HMAC key of a pair of nodes, the same on both sides; `undefined` where the peer's key is a degenerate point. */
export const deriveProbeKey = (ownPrivateKey: Secret, peerKey: PublicKey): Buffer | undefined => {
  try {
    const privateKey = createPrivateKey({
      key: Buffer.concat([PKCS8_HEAD, Buffer.from(ownPrivateKey.reveal(), 'base64')]),
      format: 'der',
      type: 'pkcs8',
    });
    const publicKey = createPublicKey({
      key: Buffer.concat([SPKI_HEAD, Buffer.from(peerKey, 'base64')]),
      format: 'der',
      type: 'spki',
    });
    const shared = diffieHellman({ privateKey, publicKey });
    return Buffer.from(hkdfSync('sha256', shared, Buffer.alloc(0), LABEL, 32));
  } catch {
    return undefined;
  }
};

/** First six bytes of a public key, hex: how a frame names its sender. */
export const keyPrefixOf = (publicKey: PublicKey): string =>
  Buffer.from(publicKey, 'base64').subarray(0, 6).toString('hex');

const macOf = (key: Buffer, bytes: Uint8Array): Buffer =>
  createHmac('sha256', key)
    .update(bytes.subarray(0, PROBE_MAC_OFFSET))
    .digest()
    .subarray(0, PROBE_SIZE_BYTES - PROBE_MAC_OFFSET);

/** Encodes and authenticates a frame. */
export const signProbe = (frame: Omit<ProbeFrame, 'mac'>, key: Buffer): Uint8Array => {
  const bytes = encodeProbe({ ...frame, mac: '00'.repeat(PROBE_SIZE_BYTES - PROBE_MAC_OFFSET) });
  bytes.set(macOf(key, bytes), PROBE_MAC_OFFSET);
  return bytes;
};

/** Decodes a datagram and checks its HMAC by the key of whom it names; `undefined` for anything else. */
export const verifyProbe = (
  bytes: Uint8Array,
  keyOf: (fromKeyPrefix: string) => Buffer | undefined,
): ProbeFrame | undefined => {
  const frame = decodeProbe(bytes);
  const key = frame === undefined ? undefined : keyOf(frame.fromKeyPrefix);
  if (frame === undefined || key === undefined) return undefined;
  return timingSafeEqual(macOf(key, bytes), bytes.subarray(PROBE_MAC_OFFSET)) ? frame : undefined;
};

/** Address part of an endpoint as the 16 bytes of a frame, hex; IPv4 is mapped. */
export const encodeSeen = (address: string): string => {
  if (!address.includes(':'))
    return `${'00'.repeat(10)}ffff${address
      .split('.')
      .map((octet) => Number(octet).toString(16).padStart(2, '0'))
      .join('')}`;
  const [head = '', tail] = address.split('::') as [string, string | undefined];
  const groups = (text: string | undefined): string[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0'));
  const gap = 8 - groups(head).length - groups(tail).length;
  return [...groups(head), ...Array<string>(Math.max(0, gap)).fill('0000'), ...groups(tail)]
    .join('')
    .slice(0, 32);
};

/** What a pong says of our ping: where it came from, for people. `undefined` where it says nothing sensible. */
export const decodeSeen = (frame: ProbeFrame): Endpoint | undefined => {
  const groups = frame.seenAddress.match(/.{4}/g) ?? [];
  const isMapped = frame.seenAddress.startsWith(`${'00'.repeat(10)}ffff`);
  const octets = (frame.seenAddress.slice(24).match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const address = parseIp(
    isMapped ? octets.join('.') : groups.map((group) => group.replace(/^0{1,3}/, '')).join(':'),
  );
  return address === undefined || frame.seenPort === 0
    ? undefined
    : formatEndpoint({ address, port: frame.seenPort });
};
