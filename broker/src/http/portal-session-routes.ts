/** `/v1/portal`: set-up, login and logout, and the stream of live changes. */
import { type Clock, openEventStream, readJson, sendJson } from '@sidegate/kit';
import { LIMITS, LoginRequest, type PortalState, SetupRequest } from '@sidegate/protocol';
import type { Polka } from 'polka';
import { VERSION } from '../version.ts';
import type { PortalGuard } from './portal-guard.ts';
import { addressOf, budgetKeyOf, type HttpDeps } from './request-context.ts';

/** Adds the routes. */
export const addPortalSessionRoutes = (
  app: Polka,
  { service, config }: HttpDeps,
  guard: PortalGuard,
  clock: Clock,
): void => {
  const { logins, setup, portalStreams } = service;

  app.get('/v1/portal/state', async (_request, response) => {
    const { baseDomain } = service.info;
    const state: PortalState = { setupNeeded: await setup.isNeeded(), version: VERSION, baseDomain };
    sendJson(response, 200, state);
  });

  app.post(
    '/v1/portal/setup',
    guard.entering(async (request, response) => {
      const body = await readJson(request, SetupRequest, LIMITS.bodySizeBytes);
      const opened = await logins.open(await setup.complete(body, budgetKeyOf(addressOf(request, config))));
      guard.setCookie(request, response, opened);
      sendJson(response, 201, await logins.describe(opened.session));
    }),
  );

  app.post(
    '/v1/portal/session',
    guard.entering(async (request, response) => {
      const body = await readJson(request, LoginRequest, LIMITS.bodySizeBytes);
      const opened = await logins.login(body, budgetKeyOf(addressOf(request, config)));
      guard.setCookie(request, response, opened);
      sendJson(response, 201, await logins.describe(opened.session));
    }),
  );

  app.get(
    '/v1/portal/session',
    guard.reading(async (_request, response, session) => {
      sendJson(response, 200, await logins.describe(session));
    }),
  );

  app.delete(
    '/v1/portal/session',
    guard.writing(async (request, response, session) => {
      await logins.logout(session);
      guard.setCookie(request, response, undefined);
      response.writeHead(204).end();
    }),
  );

  app.get(
    '/v1/portal/events',
    guard.reading((_request, response, { actor, expiresAt }) => {
      const stream = openEventStream(response, clock);
      const opened = portalStreams.open(actor, expiresAt, {
        send: ({ event, data }) => stream.send(event, data),
        close: () => stream[Symbol.dispose](),
      });
      stream.signal.addEventListener('abort', () => opened[Symbol.dispose](), { once: true });
    }),
  );
};
