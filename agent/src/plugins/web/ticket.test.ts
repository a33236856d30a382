import type { NodeId } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newClaims, newTicketKey, signTicket } from './testing/tickets.ts';
import { checkTicket, decodeTicket, parseClaims, TICKET_CLOCK_TOLERANCE_MS } from './ticket.ts';

const EDGE = 'n_edgeedgeedgeedge' as NodeId;
const NOW_MS = 1_800_000_000_000;
const key = newTicketKey();
const check = (text: string, nowMs = NOW_MS) =>
  checkTicket(text, { ticketKey: key.publicKey, audience: EDGE, nowMs });
const codeOf = (verdict: ReturnType<typeof check>) => (verdict.ok ? 'ok' : verdict.code);

describe('decodeTicket', () => {
  test('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 4000 }), (text) => void decodeTicket(text)));
  });

  test('gives back the bytes of any payload and signature', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 900 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (payload, signature) => {
          const text = [payload, signature].map((part) => Buffer.from(part).toString('base64url')).join('.');
          const ticket = decodeTicket(text);
          expect(ticket?.payload).toEqual(Buffer.from(payload));
          expect(ticket?.signature).toEqual(Buffer.from(signature));
        },
      ),
    );
  });

  test.each(['', '.', 'a.b', 'YQ==.YQ==', 'YQ.', `YQ.${'A'.repeat(86)}.YQ`, `YQ.${'A'.repeat(3000)}`])(
    'refuses %j',
    (text) => expect(decodeTicket(text)).toBeUndefined(),
  );
});

test('parseClaims never throws, and knows only whole claims', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseClaims(bytes)));
  const claims = newClaims(EDGE, NOW_MS);
  expect(parseClaims(Buffer.from(JSON.stringify(claims)))).toEqual(claims);
  expect(parseClaims(Buffer.from(JSON.stringify({ ...claims, admin: true })))).toBeUndefined();
});

describe('checkTicket', () => {
  test('takes a ticket that the broker signed for this edge', () => {
    const claims = newClaims(EDGE, NOW_MS);
    expect(check(signTicket(claims, key.privateKey))).toEqual({ ok: true, claims });
  });

  test('refuses every ticket in which any one bit was changed', () => {
    const bytes = Buffer.from(signTicket(newClaims(EDGE, NOW_MS), key.privateKey));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 6 }), (at, bit) => {
        const forged = Buffer.from(bytes);
        forged[at] = forged[at]! ^ (1 << bit);
        expect(check(forged.toString('latin1')).ok).toBe(false);
      }),
    );
  });

  test('refuses what another key signed', () => {
    const text = signTicket(newClaims(EDGE, NOW_MS), newTicketKey().privateKey);
    expect(check(text)).toMatchObject({
      code: 'TICKET_INVALID',
      why: expect.stringMatching(/not signed by the broker/),
    });
  });

  test('refuses a ticket for another edge', () => {
    const text = signTicket(newClaims('n_otherotherother1' as NodeId, NOW_MS), key.privateKey);
    expect(check(text)).toMatchObject({
      code: 'TICKET_INVALID',
      why: expect.stringMatching(/another machine/),
    });
  });

  test('refuses signed text that is no claims', () => {
    expect(codeOf(check(signTicket({ hello: 1 }, key.privateKey)))).toBe('TICKET_INVALID');
  });

  test('refuses when the pinned key is no key', () => {
    const text = signTicket(newClaims(EDGE, NOW_MS), key.privateKey);
    expect(codeOf(checkTicket(text, { ticketKey: 'nonsense', audience: EDGE, nowMs: NOW_MS }))).toBe(
      'TICKET_INVALID',
    );
  });

  test('forgives clocks that differ by less than the tolerance, and no more', () => {
    const claims = newClaims(EDGE, NOW_MS);
    const text = signTicket(claims, key.privateKey);
    expect(check(text, claims.expiresAt + TICKET_CLOCK_TOLERANCE_MS).ok).toBe(true);
    expect(codeOf(check(text, claims.expiresAt + TICKET_CLOCK_TOLERANCE_MS + 1))).toBe('TICKET_EXPIRED');
    expect(check(text, claims.issuedAt - TICKET_CLOCK_TOLERANCE_MS).ok).toBe(true);
    expect(codeOf(check(text, claims.issuedAt - TICKET_CLOCK_TOLERANCE_MS - 1))).toBe('TICKET_EXPIRED');
  });
});
