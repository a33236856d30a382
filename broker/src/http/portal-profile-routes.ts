/** `/v1/portal/profiles`: devices with a stock WireGuard app. */
import { readJson, sendJson } from '@sidegate/kit';
import { LIMITS, NewProfile, ProfileRenewal } from '@sidegate/protocol';
import type { Polka } from 'polka';
import type { PortalGuard } from './portal-guard.ts';
import { type HttpDeps, nodeIdOf } from './request-context.ts';

/** Adds the routes. */
export const addPortalProfileRoutes = (
  app: Polka,
  { service: { profiles } }: HttpDeps,
  { writing }: PortalGuard,
): void => {
  app.post(
    '/v1/portal/profiles',
    writing(async (request, response, { actor }) => {
      const wish = await readJson(request, NewProfile, LIMITS.bodySizeBytes);
      sendJson(response, 201, await profiles.create(actor, wish));
    }),
  );
  app.post(
    '/v1/portal/profiles/:id/renew',
    writing(async (request, response, { actor }) => {
      const wish = await readJson(request, ProfileRenewal, LIMITS.bodySizeBytes);
      sendJson(response, 200, await profiles.renew(actor, nodeIdOf(request), wish));
    }),
  );
};
