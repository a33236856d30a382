/**
 * Runs inside the technician's laptop and looks out of it for a browser outside: an HTTP proxy, and for browsers
 * without a proxy a mirror under names that every browser resolves to itself:
 *
 *   http://portal.localhost:8118/       -> http://portal.example/
 *   http://alder.localhost:8118/        -> http://alder.acme.sidegate.internal/
 *   http://8001.alder.localhost:8118/   -> http://alder.acme.sidegate.internal:8001/
 *
 * In what comes back, addresses of the right-hand side become those of the left, so that links can be followed.
 * Listens on a unix socket, because that is what crosses from one network namespace to another.
 * Usage: laptop-gateway.ts <socket> <account domain> <portal host>
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { joinSockets } from './join-sockets.ts';

/** How names outside and inside correspond. */
export interface Mirror {
  /** `acme.sidegate.internal`. */
  readonly domain: string;
  /** `portal.example`. */
  readonly portalHost: string;
}

/** `8001.alder.localhost:8118` to the host and port it stands for; `undefined` where it stands for nothing. */
export const innerOf = (
  host: string,
  mirror: Mirror,
): { readonly host: string; readonly port: number } | undefined => {
  const match = /^(?:(\d{1,5})\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.localhost(?::\d+)?$/.exec(host);
  if (match === null) return undefined;
  const port = Number(match[1] ?? 80);
  return match[2] === 'portal'
    ? { host: mirror.portalHost, port }
    : { host: `${match[2]}.${mirror.domain}`, port };
};

/** Rewrites the URLs in one piece of text to what a browser outside can follow. */
export const mirrorText = (text: string, mirror: Mirror, outerPort: string): string => {
  const literal = (name: string) => name.replaceAll('.', '\\.');
  const pattern = new RegExp(
    `http://(?:([a-z0-9.-]+)\\.${literal(mirror.domain)}|${literal(mirror.portalHost)})(?::(\\d{1,5}))?(?![a-z0-9.:-])`,
    'g',
  );
  return text.replace(pattern, (_whole, name: string | undefined, port: string | undefined) => {
    const prefix = port === undefined || port === '80' ? '' : `${port}.`;
    return `http://${prefix}${name ?? 'portal'}.localhost:${outerPort}`;
  });
};

/** Mirrors line by line: URLs have no line breaks, and event streams must not be held back. */
const mirrorLines = (mirror: Mirror, outerPort: string): Transform => {
  let rest = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = rest + chunk.toString('latin1');
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      done(null, Buffer.from(mirrorText(text.slice(0, end), mirror, outerPort), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(mirrorText(rest, mirror, outerPort), 'latin1'));
    },
  });
};

const isText = (headers: IncomingHttpHeaders): boolean =>
  /^(text\/event-stream|application\/json)/.test(headers['content-type'] ?? '');

const answerLost = (response: ServerResponse, error: Error): void => {
  if (response.headersSent) return void response.destroy();
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`The technician's laptop cannot reach this address: ${error.message}\n`);
};

const forward = (
  incoming: IncomingMessage,
  response: ServerResponse,
  target: URL,
  mirror?: { readonly mirror: Mirror; readonly outerPort: string },
): void => {
  const headers: IncomingHttpHeaders = { ...incoming.headers, host: target.host };
  if (mirror !== undefined) {
    delete headers['accept-encoding'];
    for (const name of ['origin', 'referer'] as const)
      if (headers[name] !== undefined) headers[name] = `http://${target.host}`;
  }
  const outgoing = request(target, { method: incoming.method ?? 'GET', headers }, (answer) => {
    const rewrites = mirror !== undefined && isText(answer.headers);
    const answerHeaders = { ...answer.headers };
    if (rewrites) delete answerHeaders['content-length'];
    if (mirror !== undefined && answerHeaders.location !== undefined)
      answerHeaders.location = mirrorText(answerHeaders.location, mirror.mirror, mirror.outerPort);
    response.writeHead(answer.statusCode ?? 502, answerHeaders);
    response.flushHeaders();
    const stages = rewrites
      ? [answer, mirrorLines(mirror.mirror, mirror.outerPort), response]
      : [answer, response];
    pipeline(stages as [IncomingMessage, ServerResponse]).catch(() => response.destroy());
  });
  outgoing.on('error', (error) => answerLost(response, error));
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
};

const landing = (
  host: string,
): string => `<!doctype html><meta charset="utf-8"><title>The technician's laptop</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}code{background:#8883;padding:.1em .3em}</style>
<h1>You look out of the technician's laptop</h1>
<p>It stands in the office, behind a NAT, on 192.168.1.0/24. Through it you reach what it reaches:</p>
<ul><li><a href="http://portal.${host}/">the portal</a></li><li><a href="http://alder.${host}/">alder's edge</a></li><li><a href="http://birch.${host}/">birch's edge</a></li></ul>
<p>A port forward on port 8001 of alder is <code>http://8001.alder.${host}/</code>. Or use <code>${host}</code> as your browser's HTTP proxy.</p>`;

/** Serves the proxy and the mirror. */
export const createGateway = (mirror: Mirror) => {
  const server = createServer((incoming, response) => {
    if (incoming.url?.startsWith('http://')) return forward(incoming, response, new URL(incoming.url));
    const host = incoming.headers.host ?? '';
    const inner = innerOf(host, mirror);
    const outerPort = host.split(':')[1] ?? '80';
    if (inner !== undefined)
      return forward(
        incoming,
        response,
        new URL(`http://${inner.host}:${inner.port}${incoming.url ?? '/'}`),
        { mirror, outerPort },
      );
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(landing(`localhost:${outerPort}`));
  });
  server.on('connect', (incoming, socket, head) => {
    const target = new URL(`http://${incoming.url}`);
    const upstream = connect(Number(target.port || 443), target.hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
    });
    joinSockets(socket, upstream);
  });
  return server;
};

if (import.meta.main) {
  const [path, domain, portalHost] = process.argv.slice(2);
  if (path === undefined || domain === undefined || portalHost === undefined)
    throw new Error('usage: laptop-gateway.ts <socket> <account domain> <portal host>');
  createGateway({ domain, portalHost }).listen(path, () => console.log('listening'));
}
