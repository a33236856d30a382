/** `/v1/portal`: people and the audit log. */
import { readJson, sendJson } from '@sidegate/kit';
import { LIMITS, NewUser, UserId, UserPatch } from '@sidegate/protocol';
import type { Polka } from 'polka';
import * as v from 'valibot';
import { BrokerError } from '../errors.ts';
import type { PortalGuard } from './portal-guard.ts';
import type { HttpDeps, Request } from './request-context.ts';

const userIdOf = ({ params }: Request): UserId => {
  const id = v.safeParse(UserId, params.id);
  if (!id.success) throw new BrokerError('USER_UNKNOWN', 'There is no such person');
  return id.output;
};

/** Adds the routes. */
export const addPortalAdminRoutes = (app: Polka, { service }: HttpDeps, guard: PortalGuard): void => {
  const { users } = service;
  app.get(
    '/v1/portal/users',
    guard.reading(async (_request, response, { actor }) => sendJson(response, 200, await users.list(actor))),
  );
  app.post(
    '/v1/portal/users',
    guard.writing(async (request, response, { actor }) => {
      const wish = await readJson(request, NewUser, LIMITS.bodySizeBytes);
      sendJson(response, 201, await users.create(actor, wish));
    }),
  );
  app.patch(
    '/v1/portal/users/:id',
    guard.writing(async (request, response, { actor }) => {
      const patch = await readJson(request, UserPatch, LIMITS.bodySizeBytes);
      sendJson(response, 200, await users.update(actor, userIdOf(request), patch));
    }),
  );
  app.delete(
    '/v1/portal/users/:id',
    guard.writing(async (request, response, { actor }) => {
      await users.remove(actor, userIdOf(request));
      response.writeHead(204).end();
    }),
  );
  app.get(
    '/v1/portal/audit',
    guard.reading(async (_request, response, { actor }) => {
      sendJson(response, 200, await service.audit.list(actor));
    }),
  );
};
