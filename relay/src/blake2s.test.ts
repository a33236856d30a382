import { createHash, createHmac } from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveKeys, hash, hasMac, hmac, mac, prepareMacKey } from './blake2s.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('blake2s', () => {
  it('gives the digest of RFC 7693 appendix B', () => {
    expect(hex(hash(Buffer.from('abc')))).toBe(
      '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982',
    );
  });

  it('hashes as node:crypto does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (one, other) => {
        expect(hex(hash(one, other))).toBe(createHash('blake2s256').update(one).update(other).digest('hex'));
      }),
    );
  });

  it('makes and checks MACs as @noble/hashes does', () => {
    const key = fc.uint8Array({ minLength: 16, maxLength: 32 });
    fc.assert(
      fc.property(key, fc.uint8Array({ minLength: 1, maxLength: 300 }), (keyBytes, input) => {
        const expected = blake2s(input, { key: keyBytes, dkLen: 16 });
        const prepared = prepareMacKey(keyBytes);
        expect(hex(mac(prepared, input))).toBe(hex(expected));
        const message = Buffer.concat([input, expected]);
        expect(hasMac(prepared, message, input.length)).toBe(true);
        message[input.length + 15]! ^= 1;
        expect(hasMac(prepared, message, input.length)).toBe(false);
      }),
    );
  });

  it('makes HMACs as node:crypto does', () => {
    const key = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 200 }), (keyBytes, input) => {
        expect(hex(hmac(keyBytes, input))).toBe(
          createHmac('blake2s256', keyBytes).update(input).digest('hex'),
        );
      }),
    );
  });

  it('derives keys by the chain of the whitepaper, also from an empty input', () => {
    const nodeHmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer =>
      createHmac('blake2s256', key).update(Buffer.concat(parts)).digest();
    const chainingKey = hash(Buffer.from('chaining key'));
    for (const input of [new Uint8Array(0), Buffer.from('input')]) {
      const root = nodeHmac(chainingKey, input);
      const first = nodeHmac(root, Uint8Array.of(1));
      const second = nodeHmac(root, first, Uint8Array.of(2));
      const third = nodeHmac(root, second, Uint8Array.of(3));
      expect(deriveKeys(chainingKey, input, 3).map(hex)).toEqual([first, second, third].map(hex));
    }
  });
});
