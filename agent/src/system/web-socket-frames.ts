/**
 * WebSocket frames (RFC 6455 section 5), as a client needs them for binary messages: masked frames out, unmasked ones
 * in, fragments put together because proxies may make them. Pure but for the randomness of masks.
 */
import { randomFillSync } from 'node:crypto';

/** RFC 6455 section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const CONTROL = 0x08;
/** Section 5.5: a control frame carries no more. */
const CONTROL_MAX_SIZE_BYTES = 125;

/** A whole message, or a control frame. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

const masks = new Uint8Array(4096);
let masksUsed = masks.length;
/** Section 10.3: each mask is unpredictable; a call for each of ten thousand packets a second would be dear. */
const nextMask = (): Uint8Array => {
  if (masksUsed === masks.length) {
    randomFillSync(masks);
    masksUsed = 0;
  }
  masksUsed += 4;
  return masks.subarray(masksUsed - 4, masksUsed);
};

/** Encodes one final, masked frame of at most 65,535 bytes. */
export const encodeFrame = (opcode: number, payload: Uint8Array): Uint8Array => {
  const isShort = payload.length < LENGTH_16;
  const headSize = isShort ? 6 : 8;
  const bytes = new Uint8Array(headSize + payload.length);
  bytes[0] = FIN | opcode;
  bytes[1] = MASKED | (isShort ? payload.length : LENGTH_16);
  if (!isShort) {
    bytes[2] = payload.length >> 8;
    bytes[3] = payload.length & 0xff;
  }
  const mask = nextMask();
  bytes.set(mask, headSize - 4);
  for (let at = 0; at < payload.length; at++) bytes[headSize + at] = payload[at]! ^ mask[at & 3]!;
  return bytes;
};

/** Takes bytes as they come; gives frames as they are complete. */
export interface FrameReader {
  /** `'broken'`: against the protocol, or larger than we take; the connection is of no use any more. */
  push(chunk: Uint8Array): readonly Frame[] | 'broken';
}

/** Where the payload of the frame at `at` begins and ends; `undefined` while its head is not complete. */
const measure = (bytes: Uint8Array, at: number) => {
  if (bytes.length - at < 2) return undefined;
  const length = bytes[at + 1]! & 0x7f;
  if (length < LENGTH_16) return { start: at + 2, sizeBytes: length };
  if (length === LENGTH_64) return { start: at, sizeBytes: Number.POSITIVE_INFINITY };
  if (bytes.length - at < 4) return undefined;
  return { start: at + 4, sizeBytes: bytes[at + 2]! * 256 + bytes[at + 3]! };
};

/** Creates a reader of a server's frames. */
export const createFrameReader = (maxMessageBytes: number): FrameReader => {
  let rest: Uint8Array = new Uint8Array(0);
  let message: { readonly opcode: number; parts: Uint8Array[]; sizeBytes: number } | undefined;

  const takeData = (opcode: number, isLast: boolean, payload: Uint8Array): Frame | 'broken' | undefined => {
    if ((opcode === OPCODE.continuation) !== (message !== undefined)) return 'broken';
    message ??= { opcode, parts: [], sizeBytes: 0 };
    message.parts.push(payload);
    message.sizeBytes += payload.length;
    if (message.sizeBytes > maxMessageBytes) return 'broken';
    if (!isLast) return undefined;
    const { opcode: kind, parts } = message;
    message = undefined;
    return { opcode: kind, payload: parts.length === 1 ? parts[0]! : Buffer.concat(parts) };
  };
  const takeFrame = (first: number, payload: Uint8Array): Frame | 'broken' | undefined => {
    const opcode = first & 0x0f;
    const isLast = (first & FIN) !== 0;
    const isControl = (opcode & CONTROL) !== 0;
    if (!isControl) return opcode > OPCODE.binary ? 'broken' : takeData(opcode, isLast, payload);
    const isKnown = isLast && opcode <= OPCODE.pong && payload.length <= CONTROL_MAX_SIZE_BYTES;
    return isKnown ? { opcode, payload } : 'broken';
  };
  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Frame[] = [];
      let at = 0;
      for (;;) {
        const found = measure(bytes, at);
        if (found === undefined) break;
        // Reserved bits are for extensions, of which there are none; a server does not mask.
        const isSane = (bytes[at]! & 0x70) === 0 && (bytes[at + 1]! & MASKED) === 0;
        if (!isSane || found.sizeBytes > maxMessageBytes) return 'broken';
        const end = found.start + found.sizeBytes;
        if (bytes.length < end) break;
        const frame = takeFrame(bytes[at]!, bytes.subarray(found.start, end));
        if (frame === 'broken') return frame;
        if (frame !== undefined) frames.push(frame);
        at = end;
      }
      rest = bytes.subarray(at);
      return frames;
    },
  };
};
