/** NAT-PMP (RFC 6886): datagrams to and from port 5351 of the gateway. */
import { numberToIp4 } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';

/** RFC 6886 section 3.1, and PCP's too. */
export const GATEWAY_PORT = 5351;
/** Where a gateway tells everybody on the link that it restarted (RFC 6886 section 3.2.1, RFC 6887 section 14.1.3). */
export const ANNOUNCEMENT_PORT = 5350;

const VERSION = 0;
const OP_ADDRESS = 0;
const OP_MAP_UDP = 1;
/** Set in the operation code of every answer. */
const IS_ANSWER = 0x80;
const ANSWER_BYTES = { [OP_ADDRESS]: 12, [OP_MAP_UDP]: 16 } as const;

/** RFC 6886 section 3.5. */
const RESULT_WORDS: readonly string[] = [
  'success',
  'it does not speak this version',
  'it is set up to refuse mappings',
  'it has no connection to the internet',
  'it has no ports left',
  'it does not know the request',
];

/** "Network failure": gateways answer it where their own address is not public. */
export const PMP_NO_ADDRESS = 3;

/** A result code for people. */
export const describePmpResult = (result: number): string =>
  RESULT_WORDS[result] ?? `it refuses (NAT-PMP result ${result})`;

/** Asks for the outside address; the answer also says whether the gateway restarted. */
export const encodePmpAddressRequest = (): Uint8Array => Uint8Array.of(VERSION, OP_ADDRESS);

/** Asks for a mapping; a lifetime of 0 removes it (section 3.4), and then the outside port must be 0. */
export const encodePmpMapRequest = (request: {
  readonly internalPort: number;
  readonly externalPort: number;
  readonly lifetimeSec: number;
}): Uint8Array => {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = OP_MAP_UDP;
  view.setUint16(4, request.internalPort);
  view.setUint16(6, request.externalPort);
  view.setUint32(8, request.lifetimeSec);
  return bytes;
};

/** An answer; what follows the epoch only where the result is success. */
export type PmpReply =
  | { readonly kind: 'address'; readonly result: number; readonly epochSec: number; readonly address: Ip4 }
  | {
      readonly kind: 'map';
      readonly result: number;
      readonly epochSec: number;
      readonly internalPort: number;
      readonly externalPort: number;
      readonly lifetimeSec: number;
    }
  /** The gateway knows NAT-PMP, but not what was asked: PCP's first byte was not for it. */
  | { readonly kind: 'unsupported' };

/** `undefined` where the bytes are no answer to one of our questions. */
export const decodePmpReply = (bytes: Uint8Array): PmpReply | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || bytes[0] !== VERSION || (bytes[1]! & IS_ANSWER) === 0) return undefined;
  const operation = bytes[1]! - IS_ANSWER;
  const [result, epochSec] = [view.getUint16(2), view.getUint32(4)];
  if (result === 1 || result === 5) return { kind: 'unsupported' };
  if (operation !== OP_ADDRESS && operation !== OP_MAP_UDP) return undefined;
  // A refusal may end after the epoch; what is missing then counts as zero.
  const isWhole = bytes.length >= ANSWER_BYTES[operation];
  if (!isWhole && result === 0) return undefined;
  const at = (offset: number, size: 2 | 4): number => {
    if (!isWhole) return 0;
    return size === 2 ? view.getUint16(offset) : view.getUint32(offset);
  };
  if (operation === OP_ADDRESS) return { kind: 'address', result, epochSec, address: numberToIp4(at(8, 4)) };
  const [internalPort, externalPort, lifetimeSec] = [at(8, 2), at(10, 2), at(12, 4)];
  if (result === 0 && lifetimeSec > 0 && externalPort === 0) return undefined;
  return { kind: 'map', result, epochSec, internalPort, externalPort, lifetimeSec };
};
