/** The fake portal's machines: renamed, removed, let relay, and opened by tickets. */
import { NodePatch, type PortalNode } from '@sidegate/protocol';
import { FakeError, type FakeRequest, type FakeRoutes, need, readBody } from './fake-api.ts';
import { GOOD_TICKET } from './fake-edge.ts';
import type { PortalWorld } from './portal-world.ts';

const patchNode = (
  { data, record, putNode }: PortalWorld,
  { body, session }: FakeRequest,
  id: string,
): PortalNode => {
  const node = need(data.nodes.get(id), 'node');
  const patch = readBody(NodePatch, body);
  const isTaken = [...data.nodes.values()].some((one) => one.id !== id && one.name === patch.name);
  if (patch.name !== undefined && isTaken) {
    const message = `The name ${patch.name} is taken`;
    throw new FakeError(409, 'NODE_NAME_TAKEN', message, 'Choose another name.', 'name');
  }
  record(session, 'node.changed', node.name);
  const { isRelay, ...change } = patch;
  const name = patch.name ?? node.name;
  const relay = node.relay && { ...node.relay, isApproved: isRelay ?? node.relay.isApproved };
  return putNode({
    ...node,
    ...change,
    ...(relay && { relay }),
    name,
    fqdn: `${name}.acme.sidegate.internal`,
  } as PortalNode);
};

const removeNode = (
  { data, events, record }: PortalWorld,
  { session }: FakeRequest,
  id: string,
): undefined => {
  const node = need(data.nodes.get(id), 'node');
  data.nodes.delete(id);
  record(session, 'node.removed', node.name);
  events.emit('node.removed', { id });
};

const createTicketOffice = ({ data, record }: PortalWorld, edgeUrl?: string) => {
  let tickets = 0;
  return ({ session }: FakeRequest, id: string): unknown => {
    const node = need(data.nodes.get(id), 'node');
    if (node.role !== 'edge')
      throw new FakeError(409, 'NODE_NOT_EDGE', `${node.name} has no web UI`, 'Only edges have a web UI.');
    if (!node.online)
      throw new FakeError(409, 'PEER_OFFLINE', `${node.name} is offline`, 'Try again when it is back.');
    record(session, 'ticket.issued', node.name);
    tickets += 1;
    return {
      url: `${edgeUrl ?? `http://${node.fqdn}`}/#ticket=${GOOD_TICKET}-${tickets}`,
      expiresAt: Date.now() + 60_000,
    };
  };
};

/** `/nodes`. Tickets lead to `edgeUrl`, or to the edge's own name. */
export const nodeRoutes = (world: PortalWorld, edgeUrl?: string): FakeRoutes => {
  const { nodes } = world.data;
  const issueTicket = createTicketOffice(world, edgeUrl);
  return {
    'GET /nodes': () => [...nodes.values()],
    'GET /nodes/:id': (_, { id = '' }) => need(nodes.get(id), 'node'),
    'PATCH /nodes/:id': (request, { id = '' }) => patchNode(world, request, id),
    'DELETE /nodes/:id': (request, { id = '' }) => removeNode(world, request, id),
    'POST /nodes/:id/ticket': (request, { id = '' }) => issueTicket(request, id),
  };
};
