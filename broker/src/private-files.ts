/** Keys that the broker makes once and keeps beside its database, readable by its owner only. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { BrokerError } from './errors.ts';

/** Curve25519 private keys are 32 bytes (RFC 7748 section 5). */
const BEACON_KEY_SIZE_BYTES = 32;

const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === code;

/** Reads the file, or writes it whole with what `create` gives; of two processes at once the first wins. */
const ensureFile = (path: string, create: () => string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(file, create());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(temporary);
  }
  return readFileSync(path, 'utf8');
};

const failing = <T>(what: string, path: string, task: () => T): T => {
  try {
    return task();
  } catch (cause) {
    throw new BrokerError('STORE_FAILED', what, { cause, details: { path } });
  }
};

/** Makes the data directory if it is not there. */
export const ensureDataDirectory = (directory: string): void =>
  failing(
    'create the data directory',
    directory,
    () => void mkdirSync(directory, { recursive: true, mode: 0o700 }),
  );

/** The Ed25519 key that signs login tickets. */
export const ensureTicketKey = (directory: string): KeyObject => {
  const path = join(directory, 'ticket.key');
  return failing('read the ticket key', path, () =>
    createPrivateKey(
      ensureFile(path, () =>
        generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      ),
    ),
  );
};

/** The WireGuard private key of one beacon, raw. */
export const ensureBeaconKey = (directory: string, beaconIndex: number): Uint8Array => {
  const path = join(directory, `beacon-${beaconIndex}.key`);
  return failing('read a beacon key', path, () => {
    const text = ensureFile(path, () => `${randomBytes(BEACON_KEY_SIZE_BYTES).toString('base64')}\n`);
    const key = Buffer.from(text, 'base64');
    if (key.length !== BEACON_KEY_SIZE_BYTES) throw new Error('it does not hold 32 bytes of base64');
    return new Uint8Array(key);
  });
};
