/** WireGuard's message layouts and constants (whitepaper section 5.4 and 6.1; kernel drivers/net/wireguard/messages.h). */

/** First byte of a message; the three after it are zero. */
export const MESSAGE_INITIATION = 1;
export const MESSAGE_RESPONSE = 2;
export const MESSAGE_COOKIE_REPLY = 3;
export const MESSAGE_TRANSPORT = 4;

/** Sizes of the fixed messages (whitepaper section 5.4.2, 5.4.3, 5.4.7). */
export const INITIATION_SIZE_BYTES = 148;
export const RESPONSE_SIZE_BYTES = 92;
export const COOKIE_REPLY_SIZE_BYTES = 64;
/** A transport message without content, which is a keepalive (section 6.5): header and tag. */
export const TRANSPORT_MIN_SIZE_BYTES = 32;
export const TRANSPORT_HEADER_SIZE_BYTES = 16;
/** Content is padded with zeros to a multiple of this (section 5.4.6). */
export const PADDING_SIZE_BYTES = 16;
/** ChaCha20-Poly1305's tag (RFC 8439 section 2.5). */
export const TAG_SIZE_BYTES = 16;
/** Seconds (8) and nanoseconds (4), big-endian: compares as bytes do (section 5.1, TAI64N). */
export const TIMESTAMP_SIZE_BYTES = 12;
export const KEY_SIZE_BYTES = 32;

/** Where the fields of an initiation begin (section 5.4.2). */
export const INITIATION = {
  sender: 4,
  ephemeral: 8,
  static: 40,
  timestamp: 88,
  mac1: 116,
  mac2: 132,
} as const;
/** Where the fields of a response begin (section 5.4.3). */
export const RESPONSE = { sender: 4, receiver: 8, ephemeral: 12, empty: 44, mac1: 60, mac2: 76 } as const;
/** Where the fields of a cookie reply begin (section 5.4.7). */
export const COOKIE_REPLY = { receiver: 4, nonce: 8, cookie: 32 } as const;
/** Where the fields of a transport message begin (section 5.4.6). */
export const TRANSPORT = { receiver: 4, counter: 8 } as const;

/** Labels of section 5.4. */
export const CONSTRUCTION = 'Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s';
export const IDENTIFIER = 'WireGuard v1 zx2c4 Jason@zx2c4.com';
export const LABEL_MAC1 = 'mac1----';
export const LABEL_COOKIE = 'cookie--';

/** A session older than this is dead (section 6.1). */
export const REJECT_AFTER_TIME_MS = 180_000;
/** How long a cookie secret lives (section 5.4.7; kernel COOKIE_SECRET_MAX_AGE). */
export const COOKIE_SECRET_MAX_AGE_MS = 120_000;
/** One peer's initiations may not come faster (kernel INITIATIONS_PER_SECOND, 50). */
export const INITIATION_MIN_INTERVAL_MS = 20;
/** An initiator without an answer tries again after this (section 6.1). */
export const REKEY_TIMEOUT_MS = 5_000;

/** The message's type, or 0 where the datagram is none of WireGuard's or has an impossible size. */
export const messageType = (bytes: Uint8Array): number => {
  if (bytes.length < TRANSPORT_MIN_SIZE_BYTES || (bytes[1]! | bytes[2]! | bytes[3]!) !== 0) return 0;
  switch (bytes[0]) {
    case MESSAGE_TRANSPORT:
      return MESSAGE_TRANSPORT;
    case MESSAGE_INITIATION:
      return bytes.length === INITIATION_SIZE_BYTES ? MESSAGE_INITIATION : 0;
    case MESSAGE_RESPONSE:
      return bytes.length === RESPONSE_SIZE_BYTES ? MESSAGE_RESPONSE : 0;
    case MESSAGE_COOKIE_REPLY:
      return bytes.length === COOKIE_REPLY_SIZE_BYTES ? MESSAGE_COOKIE_REPLY : 0;
    default:
      return 0;
  }
};

/** A session index as a signed 32-bit number: opaque to us, and a small integer to the engine's maps. */
export const readIndex = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** Writes a session index, little-endian. */
export const writeIndex = (bytes: Uint8Array, at: number, index: number): void => {
  bytes[at] = index;
  bytes[at + 1] = index >>> 8;
  bytes[at + 2] = index >>> 16;
  bytes[at + 3] = index >>> 24;
};

/** A transport counter; `undefined` beyond 2^53, which no honest sender reaches. */
export const readCounter = (bytes: Uint8Array): number | undefined => {
  const low = readIndex(bytes, TRANSPORT.counter) >>> 0;
  const high = readIndex(bytes, TRANSPORT.counter + 4) >>> 0;
  return high < 2 ** 21 ? high * 2 ** 32 + low : undefined;
};
