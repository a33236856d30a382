import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { LIMITS } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../errors.ts';
import type { Files, Logins } from '../ports/index.ts';

const FILE = 'login.json';
/** OWASP's password storage cheat sheet, smallest scrypt: 16 MiB of memory, which a router can spare. */
const COST = { N: 2 ** 14, r: 8, p: 5 } as const;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Who logs in with the machine's own password. */
const LOCAL_USER = { name: 'local' } as const;

const Stored = v.object({
  salt: v.pipe(v.string(), v.base64()),
  hash: v.pipe(v.string(), v.base64()),
  N: v.picklist([COST.N]),
  r: v.picklist([COST.r]),
  p: v.picklist([COST.p]),
});
type Stored = v.InferOutput<typeof Stored>;

const derive = (password: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, COST, (error, key) =>
      // Not `=== null`: other runtimes than Node say `undefined`.
      error ? reject(error) : resolve(key),
    );
  });

/** The machine's one password, as a salted scrypt hash in the state area. Throttling is the server's. */
export const createScryptLogins = (files: Files): Logins => {
  const read = async (): Promise<Stored | undefined> => {
    try {
      const result = v.safeParse(Stored, JSON.parse((await files.readText('state', FILE)) ?? 'null'));
      return result.success ? result.output : undefined;
    } catch {
      // A damaged file means no password, which lets nobody in.
      return undefined;
    }
  };
  return {
    async describe() {
      const isSet = (await read()) !== undefined;
      return {
        possible: isSet,
        hint: isSet ? '' : 'No password is set on this machine. Set one there with `sidegate login`.',
      };
    },
    async verify(password) {
      if (password.length > LIMITS.passwordMaxLength) return undefined;
      const stored = await read();
      // The same work where there is no password, so that the time tells nothing.
      const salt = stored === undefined ? randomBytes(SALT_BYTES) : Buffer.from(stored.salt, 'base64');
      const expected = stored === undefined ? randomBytes(KEY_BYTES) : Buffer.from(stored.hash, 'base64');
      const key = await derive(password, salt);
      if (expected.length !== key.length || !timingSafeEqual(key, expected)) return undefined;
      return stored === undefined ? undefined : LOCAL_USER;
    },
    async setPassword(password) {
      const text = password.reveal();
      const { passwordMinLength, passwordMaxLength } = LIMITS;
      if (text.length < passwordMinLength || text.length > passwordMaxLength) {
        throw new AgentError('PASSWORD_UNSUITABLE', 'The password is too short or too long', {
          hint: `Use ${passwordMinLength} to ${passwordMaxLength} characters.`,
        });
      }
      const salt = randomBytes(SALT_BYTES);
      const hash = await derive(text, salt);
      const stored: Stored = { salt: salt.toString('base64'), hash: hash.toString('base64'), ...COST };
      await files.writeText('state', FILE, `${JSON.stringify(stored)}\n`, { secret: true });
    },
  };
};
