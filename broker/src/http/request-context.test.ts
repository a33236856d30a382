import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf, bearerOf, budgetKeyOf, isSecure } from './request-context.ts';

const CONFIG = { publicUrl: 'http://broker.example', isProxyTrusted: false, portalDir: '' };
const request = (remoteAddress: string, headers: IncomingMessage['headers'] = {}) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

describe('the address of a client', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.1, 198.51.100.7', 'x-forwarded-proto': 'https' };

  test('is that of its socket, IPv4 as IPv4', () => {
    expect(addressOf(request('::ffff:192.0.2.1', forwarded), CONFIG)).toBe('192.0.2.1');
    expect(isSecure(request('192.0.2.1', forwarded), CONFIG)).toBe(false);
  });

  test('is what the trusted proxy saw, not what the client says before it', () => {
    const trusting = { ...CONFIG, isProxyTrusted: true };
    expect(addressOf(request('127.0.0.1', forwarded), trusting)).toBe('198.51.100.7');
    expect(isSecure(request('127.0.0.1', forwarded), trusting)).toBe(true);
  });
});

describe('one budget', () => {
  test('is for an IPv4 address, or a /64', () => {
    expect(budgetKeyOf('192.0.2.1')).toBe('192.0.2.1');
    expect(budgetKeyOf('2001:db8::7')).toBe(budgetKeyOf('2001:db8:0:0:ffff::'));
    expect(budgetKeyOf('2001:db8::7')).not.toBe(budgetKeyOf('2001:db8:0:1::7'));
    expect(budgetKeyOf('::1')).toBe('0:0:0:0');
  });

  test('is alike for all ways to write an address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        fc.pre(!address.includes('.'));
        const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
        expect(budgetKeyOf(address)).toBe(budgetKeyOf(canonical));
      }),
    );
  });
});

test('a bearer token is taken from its header, and nothing longer', () => {
  expect(bearerOf(request('', { authorization: 'Bearer sgn_abc-DEF_1' }))).toBe('sgn_abc-DEF_1');
  for (const authorization of ['', 'Basic abc', 'Bearer a b', `Bearer ${'a'.repeat(200)}`]) {
    expect(bearerOf(request('', { authorization }))).toBeUndefined();
  }
});
