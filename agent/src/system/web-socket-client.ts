/**
 * A WebSocket client (RFC 6455) over Node's own HTTP: binary messages, no extensions. Node 20 has a client only behind
 * a flag, and the usual library would take a tenth of the bundle for what this needs of it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { compileHotCode } from '../compile-hot-code.ts';
import { AgentError } from '../errors.ts';
import type { DialOptions, MessageSocket } from '../ports/index.ts';
import { createFrameReader, encodeFrame, type Frame, OPCODE } from './web-socket-frames.ts';

/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const wrap = (
  socket: Duplex,
  head: Buffer,
  { maxMessageBytes, onMessage, onAlive, onClosed }: DialOptions,
): MessageSocket => {
  // WireGuard's packets come this way.
  compileHotCode();
  const reader = createFrameReader(maxMessageBytes);
  const take = ({ opcode, payload }: Frame): void => {
    onAlive();
    if (opcode === OPCODE.binary) onMessage(payload);
    else if (opcode === OPCODE.ping) socket.write(encodeFrame(OPCODE.pong, payload));
    else if (opcode === OPCODE.close) socket.end();
  };
  const read = (chunk: Uint8Array): void => {
    const frames = reader.push(chunk);
    if (frames === 'broken') socket.destroy();
    else for (const frame of frames) take(frame);
  };
  socket.on('data', read);
  socket.on('error', () => {});
  socket.on('end', () => socket.destroy());
  socket.on('close', onClosed);
  if (head.length > 0) read(head);
  return {
    send: (bytes) => void socket.write(encodeFrame(OPCODE.binary, bytes)),
    bufferedBytes: () => socket.writableLength,
    [Symbol.dispose]: () => void socket.destroy(),
  };
};

/** Opens a WebSocket; rejects with `BROKER_UNREACHABLE` where the other side is not there or refuses. */
export const dialWebSocket = (options: DialOptions): Promise<MessageSocket> =>
  new Promise((resolve, reject) => {
    const { url, headers, signal } = options;
    const key = randomBytes(16).toString('base64');
    const accept = createHash('sha1')
      .update(key + ACCEPT_SUFFIX)
      .digest('base64');
    const call = (url.startsWith('https:') ? requestHttps : requestHttp)(url, {
      headers: {
        ...headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': key,
      },
      agent: false,
      signal,
    });
    const refuse = (details: Readonly<Record<string, string | number>>, cause?: unknown): void => {
      call.destroy();
      reject(new AgentError('BROKER_UNREACHABLE', 'Open a WebSocket', { details, cause }));
    };
    call.on('error', (cause) => refuse({ url }, cause));
    call.on('response', ({ statusCode = 0 }) => refuse({ url, status: statusCode }));
    call.on('upgrade', (response: IncomingMessage, socket, head) => {
      if (response.headers['sec-websocket-accept'] !== accept) {
        socket.destroy();
        return refuse({ url, status: 101 });
      }
      if ('setNoDelay' in socket) (socket as { setNoDelay(isOn: boolean): void }).setNoDelay(true);
      resolve(wrap(socket, head, options));
    });
    call.end();
  });
