/**
 * The fakes behind HTTP, with the built apps and the real servers' Content-Security-Policy:
 * portal on 127.0.0.1:5180, edge on 5181. `--setup`: a portal on its first run; `--empty`: an edge never scanned.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FakeApi } from './fake-api.ts';
import { createFakeEdge } from './fake-edge.ts';
import { createFakePortal } from './fake-portal.ts';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const readText = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const serveFile = (directory: string, path: string, response: ServerResponse): void => {
  const wanted = join(directory, normalize(path));
  const file = extname(path) !== '' && existsSync(wanted) ? wanted : join(directory, 'index.html');
  response.setHeader('content-security-policy', CSP);
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  createReadStream(file)
    .on('error', () => response.writeHead(404).end('Build first: npm run build -w webui'))
    .pipe(response);
};

const streamEvents = (api: FakeApi, response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': welcome\n\n');
  const stop = api.subscribe((name, data) =>
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
  );
  response.once('close', stop);
};

const serveApi = async (
  api: FakeApi,
  cookieName: string,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) => {
  const session = new RegExp(`${cookieName}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1] ?? '';
  const path = url.pathname.slice(api.base.length);
  if (path === '/events' && api.isLoggedIn(session)) return streamEvents(api, response);
  const text = await readText(request);
  const answer = api.handle({
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    body: text === '' ? undefined : JSON.parse(text),
    session,
    csrf: String(request.headers['x-sidegate-csrf'] ?? ''),
  });
  if (answer.session !== undefined) {
    response.setHeader('set-cookie', `${cookieName}=${answer.session}; HttpOnly; SameSite=Lax; Path=/`);
  }
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  return response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
};

const listen = (app: 'portal' | 'edge', api: FakeApi, port: number): Promise<Server> => {
  const directory = fileURLToPath(new URL(`../dist/${app}`, import.meta.url));
  const cookieName = `fake_${app}_${randomBytes(4).toString('hex')}`;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake.invalid');
    if (!url.pathname.startsWith(`${api.base}/`)) return serveFile(directory, url.pathname, response);
    void serveApi(api, cookieName, request, response, url).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
};

const urlOf = (server: Server): string => {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
};

/** Starts both; port 0 takes any. */
export const startFakes = async (options: {
  readonly setup?: boolean;
  readonly empty?: boolean;
  readonly portalPort?: number;
  readonly edgePort?: number;
}) => {
  const edge = await listen('edge', createFakeEdge({ empty: options.empty ?? false }), options.edgePort ?? 0);
  const portalApi = createFakePortal({ setupNeeded: options.setup ?? false, edgeUrl: urlOf(edge) });
  const portal = await listen('portal', portalApi, options.portalPort ?? 0);
  return {
    edgeUrl: urlOf(edge),
    portalUrl: urlOf(portal),
    [Symbol.asyncDispose]: async () => {
      for (const server of [edge, portal]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { edgeUrl, portalUrl } = await startFakes({
    setup: process.argv.includes('--setup'),
    empty: process.argv.includes('--empty'),
    portalPort: 5180,
    edgePort: 5181,
  });
  console.log(
    `portal ${portalUrl}  (kim@example.com / correct horse battery)\nedge   ${edgeUrl}  (open sesame)`,
  );
}
