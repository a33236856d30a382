/** What speaks on one open port: a banner, a page, a certificate, a stream. Follows nothing, sends no more than it must. */
import type { Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '@sidegate/kit';
import type { HostService, Ip4 } from '@sidegate/protocol';
import type { Observation } from '../../../discovery/observation.ts';
import { parseBanner } from '../../../discovery/parse-banner.ts';
import { parseHttpReply, parseRtspReply } from '../../../discovery/parse-http-reply.ts';
import type { KnownPort } from '../../../discovery/service-names.ts';
import { connectTcp } from '../../../tcp/connect-tcp.ts';
import { exchange } from '../../../tcp/exchange.ts';

/** What one port told. */
export type Finding = Pick<Observation, 'fields'> & { readonly service: HostService };

/** Whom to ask, and within what. */
export interface ProbeContext {
  readonly address: Ip4;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly connectTimeoutMs: number;
}

const BANNER_TIMEOUT_MS = 600;
const REPLY_TIMEOUT_MS = 1_500;
const BANNER_BYTES = 512;
const REPLY_BYTES = 16 * 1024;

const httpRequest = (address: Ip4): string =>
  `GET / HTTP/1.1\r\nHost: ${address}\r\nUser-Agent: sidegate\r\nAccept: text/html,*/*;q=0.1\r\nConnection: close\r\n\r\n`;
const rtspRequest = (address: Ip4, port: number): string =>
  `OPTIONS rtsp://${address}:${port}/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: sidegate\r\n\r\n`;

const hasTitle = (heard: Buffer): boolean => heard.includes('</title>') || heard.includes('</TITLE>');
const bare = ({ port, name }: KnownPort): HostService => ({ protocol: 'tcp', port, name });

const askHttp = async (stream: Socket | TLSSocket, { address, clock, signal }: ProbeContext) => {
  const reply = exchange(stream, {
    request: httpRequest(address),
    limitBytes: REPLY_BYTES,
    timeoutMs: REPLY_TIMEOUT_MS,
    isEnough: hasTitle,
    signal,
    clock,
  });
  return parseHttpReply(await reply);
};

const describePage = (
  port: KnownPort,
  scheme: 'http' | 'https',
  reply: Awaited<ReturnType<typeof askHttp>>,
  subject?: string,
): Finding => {
  const isWeb = /^(https?|tcp-\d+)$/.test(port.name);
  const spoke = reply !== undefined;
  return {
    service: {
      ...bare(port),
      ...(isWeb && spoke ? { name: scheme } : {}),
      ...(spoke ? { scheme } : {}),
      ...(reply?.title === undefined ? {} : { title: reply.title }),
      ...(reply?.server === undefined ? {} : { banner: reply.server }),
    },
    fields: {
      ...(reply?.title === undefined ? {} : { 'http-title': reply.title }),
      ...(reply?.server === undefined ? {} : { 'http-server': reply.server }),
      ...(subject === undefined ? {} : { 'tls-subject': subject }),
    },
  };
};

/** Old devices too. OpenSSL has levels of security; BoringSSL, which Bun has, knows none and refuses the word. */
const OLD_CIPHERS = 'bun' in process.versions ? 'ALL' : 'DEFAULT:@SECLEVEL=0';

/** A TLS session with whoever answers: devices sign their own certificates, and nothing secret is said. */
const openTls = (socket: Socket, { clock, signal }: ProbeContext): Promise<TLSSocket | undefined> =>
  new Promise((resolve) => {
    const tls = connectTls({
      socket,
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: OLD_CIPHERS,
    });
    const settle = (result: TLSSocket | undefined) => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', giveUp);
      if (result === undefined) tls.destroy();
      resolve(result);
    };
    const giveUp = () => settle(undefined);
    const timer = clock.after(REPLY_TIMEOUT_MS, giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    tls.once('secureConnect', () => settle(tls));
    // The listener stays for what comes after the handshake.
    tls.on('error', giveUp);
    tls.once('close', giveUp);
  });

const subjectOf = (tls: TLSSocket): string | undefined => {
  const name: unknown = tls.getPeerCertificate()?.subject?.CN;
  const first: unknown = Array.isArray(name) ? name[0] : name;
  return typeof first === 'string' ? first : undefined;
};

const talkHttps = async (socket: Socket, port: KnownPort, context: ProbeContext): Promise<Finding> => {
  const tls = await openTls(socket, context);
  if (tls === undefined) return { service: bare(port) };
  const subject = subjectOf(tls);
  return describePage(port, 'https', await askHttp(tls, context), subject);
};

const talkHttp = async (socket: Socket, port: KnownPort, context: ProbeContext): Promise<Finding> => {
  const reply = await askHttp(socket, context);
  if (reply !== undefined && !reply.wantsTls) return describePage(port, 'http', reply);
  // Not HTTP in the clear: many devices put TLS on any port.
  const again = await connectTcp(context.address, port.port, {
    timeoutMs: context.connectTimeoutMs,
    signal: context.signal,
  });
  if (again.kind !== 'open') return { service: bare(port) };
  return talkHttps(again.socket, port, context);
};

const talkRtsp = async (
  socket: Socket,
  port: KnownPort,
  { address, clock, signal }: ProbeContext,
): Promise<Finding> => {
  const heard = await exchange(socket, {
    request: rtspRequest(address, port.port),
    limitBytes: BANNER_BYTES * 4,
    timeoutMs: REPLY_TIMEOUT_MS,
    isEnough: (bytes) => bytes.includes('\r\n\r\n'),
    signal,
    clock,
  });
  const server = parseRtspReply(heard)?.server;
  if (server === undefined) return { service: bare(port) };
  return { service: { ...bare(port), banner: server }, fields: { 'rtsp-server': server } };
};

const talkBanner = async (
  socket: Socket,
  port: KnownPort,
  { clock, signal }: ProbeContext,
): Promise<Finding> => {
  const heard = await exchange(socket, {
    limitBytes: BANNER_BYTES,
    timeoutMs: BANNER_TIMEOUT_MS,
    isEnough: (bytes) => bytes.includes('\n') || bytes[0] === 0xff,
    signal,
    clock,
  });
  const { name, text } = parseBanner(heard);
  return {
    service: {
      ...bare(port),
      ...(name === undefined ? {} : { name }),
      ...(text === undefined ? {} : { banner: text }),
    },
    ...(name === 'ssh' && text !== undefined ? { fields: { 'ssh-banner': text } } : {}),
  };
};

/** Connects and listens. `isAlive`: somebody answered, even if only to refuse. */
export const probeService = async (
  port: KnownPort,
  context: ProbeContext,
): Promise<{ readonly isAlive: boolean; readonly finding?: Finding }> => {
  const { address, connectTimeoutMs: timeoutMs, signal } = context;
  const connection = await connectTcp(address, port.port, { timeoutMs, signal });
  if (connection.kind !== 'open') return { isAlive: connection.kind === 'refused' };
  const { socket } = connection;
  if (port.talk === 'connect') {
    socket.destroy();
    return { isAlive: true, finding: { service: bare(port) } };
  }
  const talk = { http: talkHttp, https: talkHttps, rtsp: talkRtsp, banner: talkBanner }[port.talk];
  return { isAlive: true, finding: await talk(socket, port, context) };
};
