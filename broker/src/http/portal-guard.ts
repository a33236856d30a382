/** The door of the portal's API: session cookie, and for writes the page's origin and the session's CSRF token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readCookie, renderSessionCookie } from '@sidegate/kit';
import { BrokerError } from '../errors.ts';
import { SESSION_LIFETIME_SEC, type Session, type SessionOpened } from '../service/logins.ts';
import { isSameSecret } from '../service/secrets.ts';
import { type HttpConfig, type HttpDeps, isSecure, type Request, type Response } from './request-context.ts';

const COOKIE = 'sidegate_session';
const CSRF_HEADER = 'x-sidegate-csrf';

/**
 * A browser says where a write comes from; another origin than the one it is sent to is refused. Clients that are no
 * browsers say nothing, and have no cookie jar to ride on.
 */
const checkOrigin = (request: IncomingMessage, config: HttpConfig): void => {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  const isForeignOrigin =
    origin !== undefined &&
    origin !== new URL(config.publicUrl).origin &&
    origin !== `http://${host}` &&
    origin !== `https://${host}`;
  if (isForeignSite || isForeignOrigin) {
    throw new BrokerError('ORIGIN_REJECTED', 'The request comes from a page of another site');
  }
};

/** Creates the wrappers of handlers. */
export const createPortalGuard = ({ service, config }: HttpDeps) => {
  const find = async (request: IncomingMessage): Promise<Session> => {
    const token = readCookie(request.headers.cookie, COOKIE);
    const session = token === undefined ? undefined : await service.logins.find(token);
    if (session === undefined) throw new BrokerError('SESSION_REQUIRED', 'There is no valid session');
    return session;
  };
  return {
    /** For reads: passes the session on. */
    reading:
      (handler: (request: Request, response: Response, session: Session) => void | Promise<void>) =>
      async (request: Request, response: Response): Promise<void> =>
        handler(request, response, await find(request)),

    /** For writes. */
    writing:
      (handler: (request: Request, response: Response, session: Session) => void | Promise<void>) =>
      async (request: Request, response: Response): Promise<void> => {
        checkOrigin(request, config);
        const session = await find(request);
        const csrf = request.headers[CSRF_HEADER];
        if (typeof csrf !== 'string' || !isSameSecret(csrf, session.csrf)) {
          throw new BrokerError('CSRF_REJECTED', 'The CSRF token is missing or wrong');
        }
        return handler(request, response, session);
      },

    /** For writes without a session: set-up and login. */
    entering:
      (handler: (request: Request, response: Response) => void | Promise<void>) =>
      async (request: Request, response: Response): Promise<void> => {
        checkOrigin(request, config);
        return handler(request, response);
      },

    setCookie(request: IncomingMessage, response: ServerResponse, opened: SessionOpened | undefined): void {
      const secure = isSecure(request, config);
      const maxAgeSec = opened === undefined ? 0 : SESSION_LIFETIME_SEC;
      response.setHeader(
        'set-cookie',
        renderSessionCookie(COOKIE, opened?.token ?? '', { maxAgeSec, secure }),
      );
    },
  };
};
export type PortalGuard = ReturnType<typeof createPortalGuard>;
