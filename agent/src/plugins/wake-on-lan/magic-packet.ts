import type { Mac } from '@sidegate/protocol';

/** Discard (RFC 863), where magic packets go by custom: nothing listens there, and network cards look at any port. */
export const MAGIC_PORT = 9;

/** Six bytes of ones and the hardware address sixteen times (AMD's "Magic Packet Technology", 20213). */
export const encodeMagicPacket = (mac: Mac): Uint8Array => {
  const bytes = Uint8Array.from(mac.split(':'), (pair) => Number.parseInt(pair, 16));
  return Uint8Array.from({ length: 102 }, (_, at) => (at < 6 ? 0xff : bytes[at % 6]!));
};
