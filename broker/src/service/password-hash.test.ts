import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashPassword, isPassword } from './password-hash.ts';

describe('a password', () => {
  test('is kept as argon2id with its own salt, and recognised', async () => {
    const [one, other] = await Promise.all([hashPassword('Grüße, Welt'), hashPassword('Grüße, Welt')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(other);
    expect(await isPassword('Grüße, Welt', one)).toBe(true);
    expect(await isPassword('Grüße, welt', one)).toBe(false);
  });

  test('is recognised however the keyboard composes its letters', async () => {
    expect(await isPassword('u\u0308ber alles', await hashPassword('\u00fcber alles'))).toBe(true);
  });

  test('matches nothing where there is no hash', async () => {
    expect(await isPassword('', undefined)).toBe(false);
  });

  test("is checked against the reference implementation's hash", async () => {
    // From the argon2 command: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 24 -e
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$';
    expect(await isPassword('password', `${known}CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`)).toBe(true);
  });
});

test('a damaged or hostile hash matches nothing and costs nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc
          .tuple(fc.nat(9_999_999), fc.nat(999), fc.nat(99))
          .filter(([memory, passes]) => memory > 65_536 || passes > 10)
          .map(([m, t, p]) => `$argon2id$v=19$m=${m},t=${t},p=${p}$c29tZXNhbHQ$${'A'.repeat(43)}`),
      ),
      async (text) => {
        expect(await isPassword('password', text)).toBe(false);
      },
    ),
    { numRuns: 50 },
  );
});
