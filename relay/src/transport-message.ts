/** Transport messages of the sessions that nodes have with a beacon (whitepaper section 5.4.6). Pure. */
import { open, seal } from './aead.ts';
import type { Session } from './node-table.ts';
import {
  MESSAGE_TRANSPORT,
  PADDING_SIZE_BYTES,
  readCounter,
  TRANSPORT,
  TRANSPORT_HEADER_SIZE_BYTES,
  writeIndex,
} from './wireguard-messages.ts';

const NOTHING_BESIDE = new Uint8Array(0);

/** Seals an IP packet as the session's next message, padded as WireGuard pads; without content it is a keepalive. */
export const encodeTransport = (session: Session, packet: Uint8Array): Uint8Array => {
  const padded = new Uint8Array(Math.ceil(packet.length / PADDING_SIZE_BYTES) * PADDING_SIZE_BYTES);
  padded.set(packet);
  const counter = session.nextCounter++;
  const sealed = seal(session.sendKey, counter, padded, NOTHING_BESIDE);
  const bytes = new Uint8Array(TRANSPORT_HEADER_SIZE_BYTES + sealed.length);
  bytes[0] = MESSAGE_TRANSPORT;
  writeIndex(bytes, TRANSPORT.receiver, session.peerIndex);
  new DataView(bytes.buffer).setBigUint64(TRANSPORT.counter, BigInt(counter), true);
  bytes.set(sealed, TRANSPORT_HEADER_SIZE_BYTES);
  return bytes;
};

/** What is in a message of the session, padding included; `undefined` where the node did not seal it. */
export const openTransport = (
  { receiveKey }: Session,
  bytes: Uint8Array,
): { readonly counter: number; readonly inner: Uint8Array } | undefined => {
  const counter = readCounter(bytes);
  if (counter === undefined) return undefined;
  const inner = open(receiveKey, counter, bytes.subarray(TRANSPORT_HEADER_SIZE_BYTES), NOTHING_BESIDE);
  return inner && { counter, inner };
};
