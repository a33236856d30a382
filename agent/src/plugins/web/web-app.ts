/**
 * The web UI's HTTP application: who may ask, sessions, the API behind them, the pages. It does not listen.
 * Order is the security: headers, then the host name, then (for the API) origin, session and CSRF token.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  CodedError,
  HttpError,
  type Logger,
  parseIp,
  readCookie,
  readJson,
  renderSessionCookie,
  sendError,
  sendJson,
  setSecurityHeaders,
} from '@sidegate/kit';
import { EdgeLogin, LIMITS } from '@sidegate/protocol';
import polka from 'polka';
import { AgentError } from '../../errors.ts';
import type { LocalApi } from '../../plugin-api/index.ts';
import { followLogin } from './follow-login.ts';
import { describeLogin, type LogInDeps, LoginThrottled, logIn } from './log-in.ts';
import { isJson, isOwnHost, isOwnOrigin, isRead } from './request-guard.ts';
import { isSameSecret, type Session, type Sessions } from './sessions.ts';

/** A cookie's life in the browser is the longest a session can have; the session itself decides. */
const COOKIE_MAX_AGE_SEC = 12 * 60 * 60;
const CSRF_HEADER = 'x-sidegate-csrf';

interface WebAppDeps extends LogInDeps {
  readonly log: Logger;
  readonly sessions: Sessions;
  readonly localApi: LocalApi;
  readonly serveUi: (request: IncomingMessage, response: ServerResponse) => void;
  readonly hostname: string;
  /** Names and addresses by which we may be asked for, just now. */
  readonly ownHosts: () => ReadonlySet<string>;
}

/** Address of the other side, in one spelling. */
export const sourceOf = (request: IncomingMessage): string => {
  const address = request.socket.remoteAddress ?? '';
  return parseIp(address) ?? address;
};

/** Cookies know no ports: edges behind one name (a lab, a port forward) must not overwrite each other's. */
const cookieName = (deps: WebAppDeps): string =>
  `sidegate_${deps.facts.get('network-map')?.self.id.slice(2, 10) ?? 'edge'}`;

const findSession = (deps: WebAppDeps, request: IncomingMessage): Session | undefined =>
  deps.sessions.find(readCookie(request.headers.cookie, cookieName(deps)), sourceOf(request));

const requireSession = (deps: WebAppDeps, request: IncomingMessage): Session => {
  const session = findSession(deps, request);
  if (session === undefined) throw new AgentError('NOT_LOGGED_IN', 'You are not logged in');
  if (isRead(request.method)) return session;
  const token = request.headers[CSRF_HEADER];
  if (typeof token !== 'string' || !isSameSecret(token, session.csrf)) {
    throw new AgentError('CSRF_REJECTED', 'The request does not carry the token of its session');
  }
  return session;
};

const setCookie = (deps: WebAppDeps, response: ServerResponse, value: string, maxAgeSec: number): void => {
  // Not `Secure`: the tunnel is the encryption, and browsers drop such cookies on plain HTTP.
  response.setHeader(
    'set-cookie',
    renderSessionCookie(cookieName(deps), value, { maxAgeSec, secure: false }),
  );
};

const openSession = async (deps: WebAppDeps, request: IncomingMessage, response: ServerResponse) => {
  if (!isJson(request.headers))
    throw new HttpError('BODY_NOT_JSON', 'The request body is not announced as JSON');
  const login = await readJson(request, EdgeLogin, LIMITS.bodySizeBytes);
  const source = sourceOf(request);
  const { user, login: kept } = await logIn(deps, login, source).catch((error: unknown) => {
    const code = error instanceof CodedError ? error.code : 'INTERNAL';
    deps.log.warn('a login was refused', { address: source, code });
    throw error;
  });
  findSession(deps, request)?.end();
  const { token, session } = deps.sessions.open(user, source);
  if (kept !== undefined) followLogin(kept, session, deps.clock);
  deps.log.info('somebody logged in', { user: user.name, address: source, why: user.via });
  setCookie(deps, response, token, COOKIE_MAX_AGE_SEC);
  sendJson(response, 200, session.view());
};

const endSession = (deps: WebAppDeps, request: IncomingMessage, response: ServerResponse): void => {
  const session = requireSession(deps, request);
  setCookie(deps, response, '', 0);
  response.writeHead(204).end();
  session.end();
};

/** Everything else of the API is the core's; streams end with the session. */
const serveApi = async (deps: WebAppDeps, request: IncomingMessage, response: ServerResponse) => {
  const session = requireSession(deps, request);
  const cut = () => void response.destroy();
  session.signal.addEventListener('abort', cut, { once: true });
  response.once('close', () => session.signal.removeEventListener('abort', cut));
  const { name, role } = session.user;
  const address = sourceOf(request);
  await deps.localApi.serve(request, response, { kind: 'session', name, role, address });
};

const answerError = (deps: WebAppDeps, error: unknown, response: ServerResponse): void => {
  if (error instanceof LoginThrottled && !response.headersSent) {
    response.setHeader('retry-after', String(error.retryAfterSec));
  }
  if (!(error instanceof CodedError)) deps.log.error('a request failed', { error });
  // What was not read of the request would be taken for the next one.
  if (!response.headersSent && !response.req.complete) response.setHeader('connection', 'close');
  sendError(response, error);
};

const isApi = (path: string): boolean => path === '/api' || path.startsWith('/api/');

/** The application as a request listener. */
export const createWebApp = (deps: WebAppDeps): RequestListener => {
  const app = polka({
    onError: (error, _request, response) => answerError(deps, error, response),
    onNoMatch: (request, response) => deps.serveUi(request, response),
  });
  app.use((request, response, next) => {
    setSecurityHeaders(response, false);
    if (!isOwnHost(request.headers, deps.ownHosts())) {
      throw new AgentError('HOST_REJECTED', 'This machine does not go by the name that was asked for');
    }
    if (isApi(request.path) && !isOwnOrigin(request.headers)) {
      throw new AgentError('ORIGIN_REJECTED', 'The request comes from a page of another origin');
    }
    return next();
  });
  app.get('/api/login', async (_request, response) => {
    sendJson(response, 200, await describeLogin(deps, deps.hostname));
  });
  app.get('/api/session', (request, response) => {
    sendJson(response, 200, requireSession(deps, request).view());
  });
  app.post('/api/session', (request, response) => openSession(deps, request, response));
  app.delete('/api/session', (request, response) => endSession(deps, request, response));
  app.all('/api', (request, response) => serveApi(deps, request, response));
  app.all('/api/*', (request, response) => serveApi(deps, request, response));
  type AppRequest = Parameters<typeof app.handler>[0];
  return (request, response) =>
    void app.handler(request as AppRequest, response, undefined as unknown as (error?: unknown) => void);
};
