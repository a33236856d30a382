import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { TicketClaims } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestWorld } from './testing/create-test-service.ts';
import { encodeTicket } from './tickets.ts';

const { open, stop } = createTestWorld();
afterEach(stop);

describe('a ticket', () => {
  test('is for one edge and one minute, and verifies with the pinned key', async () => {
    const { owner, addNode, service, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const { url, expiresAt } = await service.nodes.createTicket(owner, alder.id);
    const [address, ticket] = url.split('#ticket=') as [string, string];
    expect(address).toBe('http://alder.acme.sidegate.internal/');
    const [payload, signature] = ticket.split('.') as [string, string];
    const x = Buffer.from(service.info.ticketKey, 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    expect(verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64url'))).toBe(true);
    const claims = v.parse(TicketClaims, JSON.parse(Buffer.from(payload, 'base64url').toString()));
    expect(claims).toMatchObject({ audience: alder.id, user: { id: owner.id, role: 'owner' }, expiresAt });
    expect(expiresAt).toBe(clock.wallMs() + 60_000);
    const forged = encodeTicket(claims, generateKeyPairSync('ed25519').privateKey).split('.')[1]!;
    expect(verify(null, Buffer.from(payload), key, Buffer.from(forged, 'base64url'))).toBe(false);
  });

  test('is for edges only, and for those who see them', async () => {
    const { owner, addUser, addNode, service } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const laptop = await addNode(owner, 'client', 'laptop');
    await expect(service.nodes.createTicket(owner, laptop.id)).rejects.toMatchObject({
      code: 'NODE_NOT_EDGE',
    });
    await expect(service.nodes.createTicket(await addUser('member'), alder.id)).rejects.toMatchObject({
      code: 'NODE_UNKNOWN',
    });
  });
});
