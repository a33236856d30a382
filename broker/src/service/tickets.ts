/**
 * Login tickets: the portal vouches for a person towards one edge, for a minute. Signed with Ed25519; edges pin the
 * public key when they enrol. Single use is the edge's business.
 */
import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { type Clock, newToken } from '@sidegate/kit';
import { DEFAULTS, type NodeId, nodeFqdn, type TicketClaims, type TicketCreated } from '@sidegate/protocol';
import type { PortalActor } from './actor.ts';
import type { Node } from './node.ts';
import type { Registry } from './registry.ts';

/** `base64url(JSON).base64url(signature)`; the signature is over the first part as it stands. */
export const encodeTicket = (claims: TicketClaims, privateKey: KeyObject): string => {
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${payload}.${sign(null, Buffer.from(payload), privateKey).toString('base64url')}`;
};

/** The public key as enrolment hands it out: 32 bytes, base64. */
export const ticketKeyOf = (privateKey: KeyObject): string =>
  Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x!, 'base64url').toString('base64');

/** Creates the service. `edgeUrl` holds `{fqdn}`, `{name}` or `{address}`. */
export const createTickets = (deps: {
  readonly registry: Registry;
  readonly privateKey: KeyObject;
  readonly clock: Clock;
  readonly baseDomain: string;
  readonly edgeUrl: string;
}) => {
  const urlOf = ({ identity }: Node, accountLabel: string): string =>
    deps.edgeUrl
      .replaceAll('{fqdn}', nodeFqdn(identity.name, accountLabel, deps.baseDomain))
      .replaceAll('{name}', identity.name)
      .replaceAll('{address}', identity.address4);

  return {
    /** A ticket for this person to this edge; who may have one is the caller's question. */
    create(actor: PortalActor, edge: Node): TicketCreated {
      const issuedAt = deps.clock.wallMs();
      const expiresAt = issuedAt + DEFAULTS.ticketLifetimeSec * 1000;
      const claims: TicketClaims = {
        ticketId: newToken('', 18),
        audience: edge.id as NodeId,
        user: { id: actor.id, name: actor.name, role: actor.role },
        expiresAt,
        issuedAt,
      };
      const { label } = deps.registry.accountOf(edge).row;
      return { url: `${urlOf(edge, label)}#ticket=${encodeTicket(claims, deps.privateKey)}`, expiresAt };
    },
  };
};
export type TicketService = ReturnType<typeof createTickets>;
