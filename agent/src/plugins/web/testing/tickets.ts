/** Tickets as the broker makes them, and its key pair, for tests. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { newToken } from '@sidegate/kit';
import { type NodeId, TicketClaims, type UserRole } from '@sidegate/protocol';
import * as v from 'valibot';

/** The broker's signing key; `publicKey` as it is pinned at enrolment. */
export const newTicketKey = (): { readonly privateKey: KeyObject; readonly publicKey: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  return { privateKey, publicKey: Buffer.from(x ?? '', 'base64url').toString('base64') };
};

/** Claims of a technician for one edge, a minute long. */
export const newClaims = (
  audience: NodeId,
  nowMs: number,
  change: { readonly role?: UserRole; readonly issuedAt?: number; readonly expiresAt?: number } = {},
): TicketClaims =>
  v.parse(TicketClaims, {
    ticketId: newToken('', 16),
    audience,
    user: { id: 'u_aaaaaaaaaaaaaaaa', name: 'Tess', role: change.role ?? 'technician' },
    issuedAt: change.issuedAt ?? nowMs,
    expiresAt: change.expiresAt ?? nowMs + 60_000,
  });

/** Signs whatever is given. */
export const signTicket = (claims: unknown, privateKey: KeyObject): string => {
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${text}.${sign(null, Buffer.from(text, 'ascii'), privateKey).toString('base64url')}`;
};
