/** `/v1/nodes/self`: what an enrolled node asks, with its token as bearer; and what anybody may know of the broker. */
import { type Clock, openEventStream, readJson, sendJson } from '@sidegate/kit';
import { type BrokerInfo, CheckInRequest, HostWishes, LIMITS, PunchRequest } from '@sidegate/protocol';
import type { Polka } from 'polka';
import { VERSION } from '../version.ts';
import { createNodeGuard } from './node-guard.ts';
import type { HttpDeps } from './request-context.ts';

/** A revision in a query; anything else is as good as none. */
const parseRevision = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;

/** Adds the routes. */
export const addNodeRoutes = (app: Polka, { service }: HttpDeps, clock: Clock): void => {
  const { nodeStreams } = service;
  const nodeOf = createNodeGuard(service);

  app.get('/v1/broker', (_request, response) => {
    const info: BrokerInfo = { version: VERSION, ...service.info, beacons: [...service.info.beacons] };
    sendJson(response, 200, info);
  });

  app.post('/v1/nodes/self/check-in', async (request, response) => {
    const node = nodeOf(request);
    const body = await readJson(request, CheckInRequest, LIMITS.bodySizeBytes);
    sendJson(response, 200, service.checkIn(node, body));
  });

  app.get('/v1/nodes/self/events', (request, response) => {
    const node = nodeOf(request);
    const stream = openEventStream(response, clock);
    const opened = nodeStreams.open(node, parseRevision(request.query.revision), {
      send: ({ event, data }) => stream.send(event, data),
      touch: () => stream.touch(),
      close: () => stream[Symbol.dispose](),
    });
    if (stream.signal.aborted) opened[Symbol.dispose]();
    else stream.signal.addEventListener('abort', () => opened[Symbol.dispose](), { once: true });
  });

  app.delete('/v1/nodes/self/events', (request, response) => {
    nodeStreams.leave(nodeOf(request));
    response.writeHead(204).end();
  });

  app.post('/v1/nodes/self/punch', async (request, response) => {
    const node = nodeOf(request);
    const { peer } = await readJson(request, PunchRequest, LIMITS.bodySizeBytes);
    service.punch(node, peer);
    sendJson(response, 202, {});
  });

  app.get('/v1/nodes/self/relay-directory', (request, response) => {
    const directory = service.relays.directoryFor(nodeOf(request));
    const etag = `"${directory.revision}"`;
    response.setHeader('etag', etag);
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else sendJson(response, 200, directory);
  });

  app.put('/v1/nodes/self/addresses', async (request, response) => {
    const node = nodeOf(request);
    const { hosts } = await readJson(request, HostWishes, LIMITS.bodySizeBytes);
    sendJson(response, 200, { hosts: await service.setHostAddresses(node, hosts) });
  });

  app.delete('/v1/nodes/self', async (request, response) => {
    await service.nodes.leave(nodeOf(request));
    response.writeHead(204).end();
  });
};
