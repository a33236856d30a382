/**
 * The broker over HTTP: routes, one error mapping, headers. Handlers parse, call a service and send what it returns;
 * they decide nothing. Does not listen, so that tests and `http-server.ts` do. Must not import the store.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Clock,
  CodedError,
  HttpError,
  type Logger,
  newToken,
  sendError,
  setSecurityHeaders,
  toErrorReply,
} from '@sidegate/kit';
import polka, { type Polka } from 'polka';
import type { BucketRate } from '../service/token-buckets.ts';
import { addEnrolRoutes } from './enrol-routes.ts';
import { addNodeRoutes } from './node-routes.ts';
import { addPortalAdminRoutes } from './portal-admin-routes.ts';
import { createPortalGuard } from './portal-guard.ts';
import { addPortalNodeRoutes } from './portal-node-routes.ts';
import { addPortalProfileRoutes } from './portal-profile-routes.ts';
import { addPortalSessionRoutes } from './portal-session-routes.ts';
import { type HttpDeps, isSecure } from './request-context.ts';
import { createStaticPortal } from './static-portal.ts';

/** Services, and what the application needs besides to serve and to log. */
export interface AppDeps extends HttpDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Enrolments one address may try. */
  readonly enrolRate?: BucketRate;
}

const REQUEST_ID = 'x-request-id';
/** Machines need no instructions for browsers, and there are many of them. */
const isForMachines = (path: string): boolean => path.startsWith('/v1/nodes') || path.startsWith('/v1/enrol');

const createErrorHandler =
  (logger: Logger) =>
  (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
    const { status, body } = toErrorReply(error);
    if (status >= 500 && body.error.code === 'INTERNAL') {
      const requestId = String(response.getHeader(REQUEST_ID));
      logger.error('a request failed', { error, requestId, path: (request.url ?? '').split('?')[0] ?? '' });
    }
    const retryAfterSec = error instanceof CodedError ? error.details.retryAfterSec : undefined;
    if (retryAfterSec !== undefined && !response.headersSent)
      response.setHeader('retry-after', String(retryAfterSec));
    sendError(response, error);
  };

/** Builds the app; `app.handler` takes requests. */
export const createApp = (deps: AppDeps): Polka => {
  const { clock, logger, config } = deps;
  const onError = createErrorHandler(logger);
  const servePortal = createStaticPortal(config.portalDir);
  const app = polka({
    onError: onError as never,
    onNoMatch: (request, response) => {
      const isPage = request.method === 'GET' || request.method === 'HEAD';
      if (isPage && !request.path.startsWith('/v1/')) return servePortal(request, response);
      onError(new HttpError('NOT_FOUND', 'There is nothing here'), request, response);
    },
  });
  const runId = newToken('', 6);
  let count = 0;
  app.use((request, response, next) => {
    response.setHeader(REQUEST_ID, `${runId}-${++count}`);
    if (!isForMachines(request.path)) setSecurityHeaders(response, isSecure(request, config));
    return next();
  });
  const guard = createPortalGuard(deps);
  addEnrolRoutes(app, deps, clock, deps.enrolRate);
  addNodeRoutes(app, deps, clock);
  addPortalSessionRoutes(app, deps, guard, clock);
  addPortalNodeRoutes(app, deps, guard);
  addPortalProfileRoutes(app, deps, guard);
  addPortalAdminRoutes(app, deps, guard);
  return app;
};
