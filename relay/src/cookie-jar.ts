/**
 * Cookies (whitepaper section 5.4.7): under load an initiator first proves that it receives at its source address,
 * at the price of one hash for us, before any Diffie-Hellman is spent on it.
 */
import { isIp4, type UdpEndpoint } from '@sidegate/kit';
import { sealExtended } from './aead.ts';
import { hasMac, MAC_SIZE_BYTES, mac, prepareMacKey } from './blake2s.ts';
import type { BeaconIdentity } from './responder.ts';
import {
  COOKIE_REPLY,
  COOKIE_REPLY_SIZE_BYTES,
  COOKIE_SECRET_MAX_AGE_MS,
  INITIATION,
  KEY_SIZE_BYTES,
  MESSAGE_COOKIE_REPLY,
  readIndex,
  writeIndex,
} from './wireguard-messages.ts';

const COOKIE_NONCE_SIZE_BYTES = 24;

/** Makes and checks one beacon's cookies. */
export const createCookieJar = (identity: BeaconIdentity, randomBytes: (sizeBytes: number) => Uint8Array) => {
  let secret = prepareMacKey(randomBytes(KEY_SIZE_BYTES));
  let bornMs: number | undefined;

  const cookieOf = ({ address, port }: UdpEndpoint, nowMs: number): Uint8Array => {
    bornMs ??= nowMs;
    if (nowMs - bornMs >= COOKIE_SECRET_MAX_AGE_MS) {
      secret = prepareMacKey(randomBytes(KEY_SIZE_BYTES));
      bornMs = nowMs;
    }
    return mac(secret, Buffer.from(`${address}|${port}|${isIp4(address) ? 4 : 6}`));
  };

  return {
    /** Does the initiation carry the cookie of the address it came from, in its mac2? */
    hasCookie: (bytes: Uint8Array, from: UdpEndpoint, nowMs: number): boolean =>
      hasMac(prepareMacKey(cookieOf(from, nowMs)), bytes, INITIATION.mac2),

    /** Encodes the cookie reply: 64 bytes for an initiation of 148. */
    encodeReply(initiation: Uint8Array, from: UdpEndpoint, nowMs: number): Uint8Array {
      const nonce = randomBytes(COOKIE_NONCE_SIZE_BYTES);
      const mac1 = initiation.subarray(INITIATION.mac1, INITIATION.mac1 + MAC_SIZE_BYTES);
      const bytes = new Uint8Array(COOKIE_REPLY_SIZE_BYTES);
      bytes[0] = MESSAGE_COOKIE_REPLY;
      writeIndex(bytes, COOKIE_REPLY.receiver, readIndex(initiation, INITIATION.sender));
      bytes.set(nonce, COOKIE_REPLY.nonce);
      bytes.set(sealExtended(identity.cookieKey, nonce, cookieOf(from, nowMs), mac1), COOKIE_REPLY.cookie);
      return bytes;
    },
  };
};
