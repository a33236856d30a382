/**
 * Heartbeats: a question and its answer inside the tunnel, on the mesh addresses, so that WireGuard itself proves who
 * speaks. They measure the path that packets really take; `latest-handshake` is minutes too slow for that.
 *
 * Layout, 12 bytes:
 *   0  4  magic "SGH1"
 *   4  1  type: 1 request, 2 answer
 *   5  1  flags: bit 0, the sender sees traffic other than heartbeats to this peer
 *   6  2  reserved, zero
 *   8  4  id, big-endian, chosen by the asking side, echoed by the answer
 */
export const HEARTBEAT_SIZE_BYTES = 12;
/** One heartbeat as WireGuard counts it: IPv4 and UDP headers padded to 48 bytes, message header 16, tag 16. */
export const HEARTBEAT_ON_WIRE_BYTES = 80;

const MAGIC = [0x53, 0x47, 0x48, 0x31];

/** The fields of the layout above; `isBusy` is bit 0 of the flags. */
export interface HeartbeatFrame {
  readonly type: 'request' | 'answer';
  readonly isBusy: boolean;
  /** 0 to 2^32 - 1. */
  readonly id: number;
}

/** Encodes a heartbeat. */
export const encodeHeartbeat = (frame: HeartbeatFrame): Uint8Array => {
  const bytes = new Uint8Array(HEARTBEAT_SIZE_BYTES);
  bytes.set(MAGIC, 0);
  bytes[4] = frame.type === 'request' ? 1 : 2;
  bytes[5] = frame.isBusy ? 1 : 0;
  new DataView(bytes.buffer).setUint32(8, frame.id);
  return bytes;
};

/** Decodes a datagram, or `undefined` where it is not exactly a heartbeat. */
export const decodeHeartbeat = (bytes: Uint8Array): HeartbeatFrame | undefined => {
  if (bytes.length !== HEARTBEAT_SIZE_BYTES || !MAGIC.every((byte, at) => bytes[at] === byte))
    return undefined;
  if (bytes[4]! < 1 || bytes[4]! > 2 || bytes[5]! > 1 || bytes[6] !== 0 || bytes[7] !== 0) return undefined;
  const id = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(8);
  return { type: bytes[4] === 1 ? 'request' : 'answer', isBusy: bytes[5] === 1, id };
};
