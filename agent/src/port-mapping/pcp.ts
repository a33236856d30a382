/** PCP (RFC 6887): MAP and ANNOUNCE, over IPv4 and for UDP alone. */
import { ip4ToNumber, numberToIp4 } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { PROTOCOL_UDP } from './mapping.ts';

const VERSION = 2;
const OP_ANNOUNCE = 0;
const OP_MAP = 1;
/** The R bit of section 7.2. */
const IS_ANSWER = 0x80;
const HEADER_BYTES = 24;
const MAP_BYTES = HEADER_BYTES + 36;
/** Section 7: no message is longer. */
const MAX_BYTES = 1100;
/** Section 11.1: what the same client repeats in renewals and removals, and nobody else knows. */
export const NONCE_BYTES = 12;

/** Section 7.4. */
const RESULT_WORDS: Readonly<Record<number, string>> = {
  2: 'it is set up to refuse mappings',
  3: 'it does not understand the request',
  4: 'it does not know the request',
  8: 'it has no ports left',
  10: 'this machine has all the ports that it may have',
  12: 'another NAT stands between it and this machine',
};
/** The server speaks another version (section 9). */
export const PCP_UNSUPPORTED_VERSION = 1;

/** NETWORK_FAILURE: servers answer it where their own address is not public. */
export const PCP_NO_ADDRESS = 7;

/** A result code for people. */
export const describePcpResult = (result: number): string =>
  RESULT_WORDS[result] ?? `it refuses (PCP result ${result})`;

/** `::ffff:a.b.c.d`, the form that PCP has for IPv4 (section 5). */
const writeIp4 = (bytes: Uint8Array, at: number, address: Ip4): void => {
  bytes.fill(0xff, at + 10, at + 12);
  new DataView(bytes.buffer).setUint32(at + 12, ip4ToNumber(address));
};

const encodeHeader = (bytes: Uint8Array, operation: number, lifetimeSec: number, client: Ip4): void => {
  bytes[0] = VERSION;
  bytes[1] = operation;
  new DataView(bytes.buffer).setUint32(4, lifetimeSec);
  writeIp4(bytes, 8, client);
};

/** Asks for the epoch: did the gateway restart (section 14.1)? */
export const encodePcpAnnounce = (client: Ip4): Uint8Array => {
  const bytes = new Uint8Array(HEADER_BYTES);
  encodeHeader(bytes, OP_ANNOUNCE, 0, client);
  return bytes;
};

/** Asks for a mapping (section 11.1); a lifetime of 0 removes it. The external address and port are wishes. */
export const encodePcpMapRequest = (request: {
  /** Our address as the gateway sees it. */
  readonly client: Ip4;
  /** `NONCE_BYTES` of them. */
  readonly nonce: Uint8Array;
  readonly internalPort: number;
  readonly externalPort: number;
  readonly externalAddress: Ip4;
  readonly lifetimeSec: number;
}): Uint8Array => {
  const bytes = new Uint8Array(MAP_BYTES);
  const view = new DataView(bytes.buffer);
  encodeHeader(bytes, OP_MAP, request.lifetimeSec, request.client);
  bytes.set(request.nonce.subarray(0, NONCE_BYTES), HEADER_BYTES);
  bytes[36] = PROTOCOL_UDP;
  view.setUint16(40, request.internalPort);
  view.setUint16(42, request.externalPort);
  writeIp4(bytes, 44, request.externalAddress);
  return bytes;
};

interface PcpHeader {
  readonly result: number;
  readonly lifetimeSec: number;
  readonly epochSec: number;
}
/** An answer of a PCP server. */
export type PcpReply =
  | (PcpHeader & { readonly kind: 'announce' })
  | (PcpHeader & {
      readonly kind: 'map';
      /** Hexadecimal. */
      readonly nonce: string;
      readonly internalPort: number;
      readonly externalPort: number;
      readonly externalAddress: Ip4;
    })
  /** It does not speak our version; the answer to that has no more than a header. */
  | (PcpHeader & { readonly kind: 'unsupported' });

const readIp4 = (bytes: Uint8Array, view: DataView, at: number): Ip4 | undefined => {
  const isMapped =
    bytes.subarray(at, at + 10).every((byte) => byte === 0) && view.getUint16(at + 10) === 0xffff;
  return isMapped ? numberToIp4(view.getUint32(at + 12)) : undefined;
};

/** `undefined` where the bytes are no answer to one of our questions. */
export const decodePcpReply = (bytes: Uint8Array): PcpReply | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.length > MAX_BYTES || bytes.length % 4 !== 0) return undefined;
  if ((bytes[1]! & IS_ANSWER) === 0) return undefined;
  const operation = bytes[1]! - IS_ANSWER;
  const header = { result: bytes[3]!, lifetimeSec: view.getUint32(4), epochSec: view.getUint32(8) };
  if (header.result === PCP_UNSUPPORTED_VERSION) return { ...header, kind: 'unsupported' };
  if (bytes[0] !== VERSION) return undefined;
  if (operation === OP_ANNOUNCE) return { ...header, kind: 'announce' };
  if (operation !== OP_MAP || bytes.length < MAP_BYTES || bytes[36] !== PROTOCOL_UDP) return undefined;
  const externalAddress = readIp4(bytes, view, 44);
  if (externalAddress === undefined) return undefined;
  return {
    ...header,
    kind: 'map',
    nonce: Buffer.from(bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES)).toString('hex'),
    internalPort: view.getUint16(40),
    externalPort: view.getUint16(42),
    externalAddress,
  };
};
