import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { generateKeySet } from './feed-keys.ts';
import { parseUsignSecret, renderUsignPublic, renderUsignSecret, renderUsignSignature } from './usign.ts';

const key = generateKeySet('Feed <feed@example.com>', 0).opkg;
const decode = (file: string) => Buffer.from(file.split('\n')[1] ?? '', 'base64');

/** Checks as `usign -V` does: algorithm and fingerprint first, then the signature by the key's bare bytes. */
const isValid = (publicFile: string, signatureFile: string, message: Uint8Array): boolean => {
  const [known, signature] = [decode(publicFile), decode(signatureFile)];
  if (known.length !== 42 || signature.length !== 74) return false;
  if (!known.subarray(0, 10).equals(signature.subarray(0, 10))) return false;
  const x = known.subarray(10).toString('base64url');
  const bare = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, bare, signature.subarray(10));
};

it('signs so that the public file proves it, and nothing else does', () => {
  const other = generateKeySet('Other <other@example.com>', 0).opkg;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
      const signature = renderUsignSignature(key, message);
      expect(isValid(renderUsignPublic(key), signature, message)).toBe(true);
      expect(isValid(renderUsignPublic(other), signature, message)).toBe(false);
      expect(isValid(renderUsignPublic(key), signature, Buffer.concat([message, Buffer.of(0)]))).toBe(false);
    }),
    { numRuns: 30 },
  );
});

it('reads back its secret file, and names the key in every comment', () => {
  const read = parseUsignSecret(renderUsignSecret(key));
  expect(renderUsignPublic(read)).toBe(renderUsignPublic(key));
  const id = Buffer.from(key.fingerprint).toString('hex');
  expect(renderUsignSignature(key, Buffer.of()).split('\n')[0]).toBe(
    `untrusted comment: signed by key ${id}`,
  );
});

it('refuses a damaged key, one with a passphrase, and what is none', () => {
  const bytes = decode(renderUsignSecret(key));
  const changed = (at: number) => {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1;
    return `untrusted comment: x\n${copy.toString('base64')}\n`;
  };
  expect(() => parseUsignSecret(changed(50))).toThrow('damaged');
  expect(() => parseUsignSecret(changed(7))).toThrow('passphrase');
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseUsignSecret(text)).toThrow(RangeError);
    }),
  );
});
