/** Tokens, keys and codes: random enough that a plain SHA-256 is what is kept of them. */
import { hash, timingSafeEqual } from 'node:crypto';
import type { SecretHash } from '../store/schema.ts';

/** What is kept of a secret. */
export const hashSecret = (secret: string): SecretHash => hash('sha256', secret, 'base64url') as SecretHash;

/** Compares in constant time, whatever the lengths. */
export const isSameSecret = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(hashSecret(one)), Buffer.from(hashSecret(other)));
