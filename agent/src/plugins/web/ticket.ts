/**
 * Log-in tickets of the portal: decoding and checking, without state. A ticket is text from a stranger until its
 * signature has been checked against the key pinned at enrolment; its JSON is not even parsed before that.
 */
import { createPublicKey, verify } from 'node:crypto';
import { type NodeId, TicketClaims } from '@sidegate/protocol';
import * as v from 'valibot';

/** How far the clocks of broker and edge may differ. Single use makes a generous figure harmless. */
export const TICKET_CLOCK_TOLERANCE_MS = 5 * 60_000;
const TICKET_LENGTH_LIMIT = 2048;
/** RFC 8032 section 5.1.6: R and S, 32 bytes each. */
const SIGNATURE_SIZE_BYTES = 64;

/** What came of checking a ticket; `why` is for the person in front of the page. */
export type TicketVerdict =
  | { readonly ok: true; readonly claims: TicketClaims }
  | { readonly ok: false; readonly code: 'TICKET_INVALID' | 'TICKET_EXPIRED'; readonly why: string };

/** base64url (RFC 4648 section 5) in its one canonical spelling: the same bytes never have two texts. */
const decodeBase64Url = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64url');
  return text !== '' && bytes.toString('base64url') === text ? bytes : undefined;
};

/** The parts of a ticket, or `undefined` where it is none. The payload is still unproven bytes. */
export const decodeTicket = (
  text: string,
): { readonly signedText: string; readonly payload: Buffer; readonly signature: Buffer } | undefined => {
  if (text.length > TICKET_LENGTH_LIMIT) return undefined;
  const [signedText, signatureText, ...rest] = text.split('.');
  if (signedText === undefined || signatureText === undefined || rest.length > 0) return undefined;
  const payload = decodeBase64Url(signedText);
  const signature = decodeBase64Url(signatureText);
  if (payload === undefined || signature?.length !== SIGNATURE_SIZE_BYTES) return undefined;
  return { signedText, payload, signature };
};

/** Claims from payload bytes whose signature has been checked. */
export const parseClaims = (payload: Uint8Array): TicketClaims | undefined => {
  try {
    const result = v.safeParse(
      TicketClaims,
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)),
    );
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
};

/** Was `signedText` signed by the owner of `ticketKey` (base64 of 32 bytes)? */
const isSignedBy = (ticketKey: string, signedText: string, signature: Buffer): boolean => {
  try {
    const x = Buffer.from(ticketKey, 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(signedText, 'ascii'), key, signature);
  } catch {
    return false;
  }
};

const invalid = (why: string): TicketVerdict => ({ ok: false, code: 'TICKET_INVALID', why });
const expired = (why: string): TicketVerdict => ({ ok: false, code: 'TICKET_EXPIRED', why });

/** Checks form, signature, audience and dates. That it is used once is `UsedTickets`' business. */
export const checkTicket = (
  text: string,
  context: { readonly ticketKey: string; readonly audience: NodeId; readonly nowMs: number },
): TicketVerdict => {
  const ticket = decodeTicket(text);
  if (ticket === undefined) return invalid('This is not a login ticket');
  if (!isSignedBy(context.ticketKey, ticket.signedText, ticket.signature)) {
    return invalid('This ticket was not signed by the broker of this edge');
  }
  const claims = parseClaims(ticket.payload);
  if (claims === undefined) return invalid('This ticket does not say what it should');
  if (claims.audience !== context.audience) return invalid('This ticket is for another machine');
  if (context.nowMs > claims.expiresAt + TICKET_CLOCK_TOLERANCE_MS) return expired('This ticket has expired');
  if (context.nowMs < claims.issuedAt - TICKET_CLOCK_TOLERANCE_MS) {
    return expired('This ticket is from the future, as the clock of this edge has it');
  }
  return { ok: true, claims };
};
