/**
 * UDP in IPv4 and IPv6 as it comes out of a tunnel: bytes of whoever has a key, so every length is checked and every
 * checksum holds, or it is no packet at all. Pure.
 */
import { isIp4 } from '@sidegate/kit';
import type { Ip, Ip4, Ip6 } from '@sidegate/protocol';

/** One datagram. */
export interface InnerDatagram {
  readonly source: Ip;
  readonly sourcePort: number;
  readonly destination: Ip;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** RFC 791 section 3.1, without options. */
const IP4_HEADER_SIZE_BYTES = 20;
/** RFC 8200 section 3. */
const IP6_HEADER_SIZE_BYTES = 40;
/** RFC 768. */
const UDP_HEADER_SIZE_BYTES = 8;
const PROTOCOL_UDP = 17;
const DONT_FRAGMENT = 0x4000;
const HOP_LIMIT = 64;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** One's complement sum of 16-bit words (RFC 1071), folded; an odd last byte counts as the high one. */
const addUp = (bytes: Uint8Array, start = 0): number => {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
};

const sumOfPseudoHeader = (addresses: Uint8Array, udpSizeBytes: number): number =>
  addUp(addresses, PROTOCOL_UDP + udpSizeBytes);

const formatIp4 = (bytes: Uint8Array): Ip4 => bytes.join('.') as Ip4;
/** In the one way that everybody writes an IPv6 address (RFC 5952), as URLs do. */
const formatIp6 = (bytes: Uint8Array): Ip6 => {
  const groups = Array.from({ length: 8 }, (_, at) =>
    viewOf(bytes)
      .getUint16(2 * at)
      .toString(16),
  );
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1) as Ip6;
};

/** The bytes of an address. */
export const encodeIp = (address: Ip): Uint8Array => {
  if (isIp4(address)) return Uint8Array.from(address.split('.'), Number);
  const [head = '', tail] = address.split('::');
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array<string>(8 - first.length - last.length).fill('0');
  return Uint8Array.from(
    [...first, ...(tail === undefined ? [] : zeros), ...last].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
};

/** Address bytes and what follows the IP header; padding after the packet's own length is left out. */
interface Opened {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly addresses: Uint8Array;
  readonly udp: Uint8Array;
}

const open4 = (bytes: Uint8Array): Opened | undefined => {
  if (bytes.length < IP4_HEADER_SIZE_BYTES) return undefined;
  const view = viewOf(bytes);
  const headerSizeBytes = (bytes[0]! & 0x0f) * 4;
  const sizeBytes = view.getUint16(2);
  if (headerSizeBytes < IP4_HEADER_SIZE_BYTES || sizeBytes < headerSizeBytes || sizeBytes > bytes.length)
    return undefined;
  // A fragment, be it the first, is not worth putting together: questions are small.
  if ((view.getUint16(6) & ~DONT_FRAGMENT) !== 0 || bytes[9] !== PROTOCOL_UDP) return undefined;
  if (addUp(bytes.subarray(0, headerSizeBytes)) !== 0xffff) return undefined;
  return {
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    addresses: bytes.subarray(12, 20),
    udp: bytes.subarray(headerSizeBytes, sizeBytes),
  };
};

const open6 = (bytes: Uint8Array): Opened | undefined => {
  if (bytes.length < IP6_HEADER_SIZE_BYTES) return undefined;
  const end = IP6_HEADER_SIZE_BYTES + viewOf(bytes).getUint16(4);
  // No extension headers: no resolver sends any.
  if (end > bytes.length || bytes[6] !== PROTOCOL_UDP) return undefined;
  return {
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    addresses: bytes.subarray(8, 40),
    udp: bytes.subarray(IP6_HEADER_SIZE_BYTES, end),
  };
};

const hasGoodUdp = ({ addresses, udp }: Opened): boolean => {
  if (udp.length < UDP_HEADER_SIZE_BYTES) return false;
  const view = viewOf(udp);
  if (view.getUint16(4) !== udp.length) return false;
  // No checksum at all is allowed in IPv4 (RFC 768) and not in IPv6 (RFC 8200 section 8.1).
  if (view.getUint16(6) === 0) return addresses.length === 8;
  return addUp(udp, sumOfPseudoHeader(addresses, udp.length)) === 0xffff;
};

/** The datagram in a packet, or `undefined` where there is none or anything about it is wrong. */
export const decodeInnerPacket = (bytes: Uint8Array): InnerDatagram | undefined => {
  const version = (bytes[0] ?? 0) >> 4;
  const opened = version === 4 ? open4(bytes) : version === 6 ? open6(bytes) : undefined;
  if (opened === undefined || !hasGoodUdp(opened)) return undefined;
  const { source, destination, udp } = opened;
  const format = version === 4 ? formatIp4 : formatIp6;
  const view = viewOf(udp);
  return {
    source: format(source),
    sourcePort: view.getUint16(0),
    destination: format(destination),
    destinationPort: view.getUint16(2),
    payload: udp.subarray(UDP_HEADER_SIZE_BYTES),
  };
};

const encodeHeader4 = (addresses: Uint8Array, udpSizeBytes: number): Uint8Array => {
  const header = new Uint8Array(IP4_HEADER_SIZE_BYTES);
  const view = viewOf(header);
  header[0] = 0x45;
  view.setUint16(2, IP4_HEADER_SIZE_BYTES + udpSizeBytes);
  view.setUint16(6, DONT_FRAGMENT);
  header[8] = HOP_LIMIT;
  header[9] = PROTOCOL_UDP;
  header.set(addresses, 12);
  view.setUint16(10, 0xffff - addUp(header));
  return header;
};

const encodeHeader6 = (addresses: Uint8Array, udpSizeBytes: number): Uint8Array => {
  const header = new Uint8Array(IP6_HEADER_SIZE_BYTES);
  header[0] = 0x60;
  viewOf(header).setUint16(4, udpSizeBytes);
  header[6] = PROTOCOL_UDP;
  header[7] = HOP_LIMIT;
  header.set(addresses, 8);
  return header;
};

/** The packet that carries a datagram; both addresses are of one family. */
export const encodeInnerPacket = (datagram: InnerDatagram): Uint8Array => {
  const { source, destination, sourcePort, destinationPort, payload } = datagram;
  const addresses = new Uint8Array([...encodeIp(source), ...encodeIp(destination)]);
  const udp = new Uint8Array(UDP_HEADER_SIZE_BYTES + payload.length);
  const view = viewOf(udp);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  view.setUint16(4, udp.length);
  udp.set(payload, UDP_HEADER_SIZE_BYTES);
  // A sum of zero is written as its other form: zero means that there is none (RFC 768).
  view.setUint16(6, 0xffff - addUp(udp, sumOfPseudoHeader(addresses, udp.length)) || 0xffff);
  const header = (isIp4(source) ? encodeHeader4 : encodeHeader6)(addresses, udp.length);
  const packet = new Uint8Array(header.length + udp.length);
  packet.set(header);
  packet.set(udp, header.length);
  return packet;
};
