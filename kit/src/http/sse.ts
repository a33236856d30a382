/** Server-sent events (WHATWG HTML section 9.2), both ends: writing a stream, and decoding one from bytes. */
import type { ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';

/** Comment interval: under the idle timeouts of proxies and NATs, over nothing that costs. */
const COMMENT_INTERVAL_MS = 15_000;
/** A reader that does not read: past this it is cut off, and comes back for a whole map. */
const BUFFER_LIMIT_BYTES = 1024 * 1024;

/** The writing end. What is sent after its end is dropped. */
export interface EventStream extends Disposable {
  send(event: string, data: unknown): void;
  /** Sends a comment: a sign of life, and nothing else. */
  touch(): void;
  /** Aborts when the other side is gone or the stream was disposed. */
  readonly signal: AbortSignal;
}

/** Begins an event stream on a response. */
export const openEventStream = (response: ServerResponse, clock: Clock = systemClock): EventStream => {
  const controller = new AbortController();
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  response.socket?.setNoDelay(true);
  let timer: Disposable;
  const end = () => {
    timer[Symbol.dispose]();
    controller.abort();
    response.end();
  };
  const write = (text: string) => {
    if (controller.signal.aborted) return;
    if (response.writableLength > BUFFER_LIMIT_BYTES) response.destroy();
    else response.write(text);
  };
  const beat = () => {
    write(':\n\n');
    timer = clock.after(COMMENT_INTERVAL_MS, beat);
  };
  timer = clock.after(COMMENT_INTERVAL_MS, beat);
  write(':\n\n');
  response.on('close', end);
  return {
    send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    touch: () => write(':\n\n'),
    signal: controller.signal,
    [Symbol.dispose]: end,
  };
};

/** One event of a stream; `data` is not parsed yet, and has its lines joined by line feeds. */
export interface SseMessage {
  readonly event: string;
  readonly data: string;
}

/** Decodes a byte stream into messages; comments yield `undefined`, so that a reader sees signs of life. */
export async function* decodeEventStream(
  bytes: AsyncIterable<Uint8Array>,
  limitBytes = 8 * 1024 * 1024,
): AsyncGenerator<SseMessage | undefined> {
  const decoder = new TextDecoder();
  // Put together only when an event is whole: a line without end in small pieces must not cost its square.
  let pieces: string[] = [];
  let length = 0;
  let last = '';
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk, { stream: true }).replaceAll('\r', '');
    pieces.push(text);
    length += text.length;
    if (length > limitBytes) throw new RangeError('An event is larger than its limit');
    const hasEnd = (last + text).includes('\n\n');
    last = text === '' ? last : text.slice(-1);
    if (!hasEnd) continue;
    const blocks = pieces.join('').split('\n\n');
    const rest = blocks.pop() ?? '';
    pieces = [rest];
    length = rest.length;
    for (const block of blocks) yield decodeBlock(block);
  }
}

const decodeBlock = (block: string): SseMessage | undefined => {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
};
