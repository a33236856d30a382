/** Passwords as argon2id (RFC 9106), kept as PHC strings; parameters are OWASP's first choice. */
import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { createLimiter } from '@sidegate/kit';
import { BrokerError } from '../errors.ts';

/** Node gained argon2 in 24.7; a named import would keep an older one from saying so in plain words. */
export const canHashPasswords = (): boolean => typeof crypto.argon2 === 'function';

/** OWASP Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const PARALLELISM = 1;
const SALT_SIZE_BYTES = 16;
const TAG_SIZE_BYTES = 32;
/** A hash names its own cost: more than this is none of ours. */
const MEMORY_MAX_KIB = 65_536;
const PASSES_MAX = 10;
/** Each derivation holds a thread and 19 MiB: more than these wait, more than those are refused. */
const CONCURRENT_MAX = 2;
const WAITING_MAX = 32;

interface Phc {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly nonce: Buffer;
  readonly tag: Buffer;
}

const parsePhc = (text: string): Phc | undefined => {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [memory, passes, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
  if (
    memory > MEMORY_MAX_KIB ||
    memory < 8 * parallelism ||
    passes < 1 ||
    passes > PASSES_MAX ||
    parallelism < 1
  ) {
    return undefined;
  }
  return {
    memory,
    passes,
    parallelism,
    nonce: Buffer.from(match[4]!, 'base64'),
    tag: Buffer.from(match[5]!, 'base64'),
  };
};

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const derivations = createLimiter(CONCURRENT_MAX);

const deriveTag = async (password: string, phc: Omit<Phc, 'tag'>, tagLength: number): Promise<Buffer> => {
  if (derivations.waitingCount >= WAITING_MAX)
    throw new BrokerError('BROKER_BUSY', 'Too many people log in at once');
  return derivations.run(() =>
    promisify(crypto.argon2)('argon2id', { ...phc, message: password.normalize('NFKC'), tagLength }),
  );
};

/** Hashes a new password. */
export const hashPassword = async (password: string): Promise<string> => {
  const nonce = crypto.randomBytes(SALT_SIZE_BYTES);
  const tag = await deriveTag(
    password,
    { memory: MEMORY_KIB, passes: PASSES, parallelism: PARALLELISM, nonce },
    TAG_SIZE_BYTES,
  );
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${PARALLELISM}$${unpadded(nonce)}$${unpadded(tag)}`;
};

/** Takes as long as a real check: an unknown e-mail address must not answer faster than a known one. */
const DECOY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${PARALLELISM}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Is this the password? Without a hash the answer is no, after the same work. */
export const isPassword = async (password: string, phcText: string | undefined): Promise<boolean> => {
  const phc = parsePhc(phcText ?? DECOY);
  if (phc === undefined) return false;
  const tag = await deriveTag(password, phc, phc.tag.length);
  return crypto.timingSafeEqual(tag, phc.tag) && phcText !== undefined;
};
