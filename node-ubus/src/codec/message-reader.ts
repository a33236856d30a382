import { decodeMessage, MESSAGE_HEADER_BYTES, type Message, messageLength } from './message.ts';

/** Cuts a stream into messages. */
export interface MessageReader {
  /** The messages that `chunk` completes; undefined once the stream is not ubus: hang up, do not go on. */
  push(chunk: Uint8Array): Message[] | undefined;
}

/**
 * Keeps at most one incomplete message, bounded by the length its header may claim. Each message owns its bytes,
 * so views into it stay valid.
 */
export const createMessageReader = (): MessageReader => {
  let isBroken = false;
  let chunks: Uint8Array[] = [];
  let pendingBytes = 0;

  /** The first `count` pending bytes, joined once per message rather than once per chunk. */
  const takeBytes = (count: number): Uint8Array => {
    const joined = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, pendingBytes);
    pendingBytes -= count;
    chunks = pendingBytes > 0 ? [joined.subarray(count)] : [];
    return new Uint8Array(joined.subarray(0, count));
  };

  const peekHeader = (): Uint8Array => {
    if (chunks.length > 1 && chunks[0]!.length < MESSAGE_HEADER_BYTES)
      chunks = [Buffer.concat(chunks, pendingBytes)];
    return chunks[0]!;
  };

  return {
    push(chunk) {
      if (isBroken) return undefined;
      if (chunk.length > 0) chunks.push(chunk);
      pendingBytes += chunk.length;
      const messages: Message[] = [];
      while (pendingBytes >= MESSAGE_HEADER_BYTES) {
        const length = messageLength(peekHeader());
        if (length !== undefined && length > pendingBytes) break;
        const message = length === undefined ? undefined : decodeMessage(takeBytes(length));
        if (message === undefined) {
          isBroken = true;
          chunks = [];
          return undefined;
        }
        messages.push(message);
      }
      return messages;
    },
  };
};
