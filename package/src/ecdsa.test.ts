import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signEcdsa } from './ecdsa.ts';

/** RFC 6979, appendix A.2.5. */
const vector = {
  x: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  ux: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
  uy: '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  sample: [
    '8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00',
    '2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe',
  ],
} as const;
const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
const key = createPrivateKey({
  format: 'jwk',
  key: { kty: 'EC', crv: 'P-256', d: base64url(vector.x), x: base64url(vector.ux), y: base64url(vector.uy) },
});

it('gives the signature of the RFC for SHA-512 on P-256', () => {
  const der = Buffer.from(signEcdsa(Buffer.from('sample'), key)).toString('hex');
  const [r, s] = vector.sample;
  expect(der).toBe(`3045022100${r}0220${s}`);
});

it('makes signatures that OpenSSL accepts, for any message', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
      const signature = signEcdsa(message, privateKey);
      expect(verify('sha512', message, publicKey, signature)).toBe(true);
      expect(verify('sha512', message, createPublicKey(key), signature)).toBe(false);
    }),
    { numRuns: 40 },
  );
});

it('refuses another kind of key', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  expect(() => signEcdsa(Buffer.of(1), privateKey)).toThrow('P-256');
});
