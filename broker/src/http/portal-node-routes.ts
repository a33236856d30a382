/** `/v1/portal`: machines, the keys that let them in, and those that wait. */
import { readJson, sendJson } from '@sidegate/kit';
import { EnrolmentKeyId, LIMITS, NewEnrolmentKey, NodePatch } from '@sidegate/protocol';
import type { Polka } from 'polka';
import * as v from 'valibot';
import { BrokerError } from '../errors.ts';
import type { PortalGuard } from './portal-guard.ts';
import { type HttpDeps, nodeIdOf, type Request } from './request-context.ts';

const keyIdOf = ({ params }: Request): EnrolmentKeyId => {
  const id = v.safeParse(EnrolmentKeyId, params.id);
  if (!id.success) throw new BrokerError('KEY_UNKNOWN', 'There is no such enrolment key');
  return id.output;
};

const addNodes = (app: Polka, { service: { nodes } }: HttpDeps, { reading, writing }: PortalGuard): void => {
  app.get(
    '/v1/portal/nodes',
    reading((_request, response, { actor }) => sendJson(response, 200, nodes.list(actor))),
  );
  app.get(
    '/v1/portal/nodes/:id',
    reading((request, response, { actor }) => sendJson(response, 200, nodes.get(actor, nodeIdOf(request)))),
  );
  app.patch(
    '/v1/portal/nodes/:id',
    writing(async (request, response, { actor }) => {
      const patch = await readJson(request, NodePatch, LIMITS.bodySizeBytes);
      sendJson(response, 200, await nodes.update(actor, nodeIdOf(request), patch));
    }),
  );
  app.delete(
    '/v1/portal/nodes/:id',
    writing(async (request, response, { actor }) => {
      await nodes.remove(actor, nodeIdOf(request));
      response.writeHead(204).end();
    }),
  );
  app.post(
    '/v1/portal/nodes/:id/ticket',
    writing(async (request, response, { actor }) => {
      sendJson(response, 201, await nodes.createTicket(actor, nodeIdOf(request)));
    }),
  );
};

const addKeys = (app: Polka, { service: { keys } }: HttpDeps, { reading, writing }: PortalGuard): void => {
  app.get(
    '/v1/portal/enrolment-keys',
    reading(async (_request, response, { actor }) => sendJson(response, 200, await keys.list(actor))),
  );
  app.post(
    '/v1/portal/enrolment-keys',
    writing(async (request, response, { actor }) => {
      const wish = await readJson(request, NewEnrolmentKey, LIMITS.bodySizeBytes);
      sendJson(response, 201, await keys.create(actor, wish));
    }),
  );
  app.delete(
    '/v1/portal/enrolment-keys/:id',
    writing(async (request, response, { actor }) => {
      await keys.revoke(actor, keyIdOf(request));
      response.writeHead(204).end();
    }),
  );
};

const addRequests = (app: Polka, { service }: HttpDeps, { reading, writing }: PortalGuard): void => {
  const { requests, nodes } = service;
  const codeOf = ({ params }: Request): string => params.code ?? '';
  app.get(
    '/v1/portal/enrolment-requests/:code',
    reading(async (request, response, { actor }) => {
      sendJson(response, 200, await requests.find(actor, codeOf(request)));
    }),
  );
  app.post(
    '/v1/portal/enrolment-requests/:code/approve',
    writing(async (request, response, { actor }) => {
      sendJson(response, 201, nodes.show(await requests.approve(actor, codeOf(request))));
    }),
  );
  app.post(
    '/v1/portal/enrolment-requests/:code/deny',
    writing(async (request, response, { actor }) => {
      await requests.deny(actor, codeOf(request));
      response.writeHead(204).end();
    }),
  );
};

/** Adds the routes. */
export const addPortalNodeRoutes = (app: Polka, deps: HttpDeps, guard: PortalGuard): void => {
  addNodes(app, deps, guard);
  addKeys(app, deps, guard);
  addRequests(app, deps, guard);
};
