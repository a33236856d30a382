/**
 * The three keys of the feeds in one directory, 0700: OpenPGP for apt, usign for opkg, P-256 for apk. `next/` below it
 * holds the keys that take over, while both sign. Whoever has these keys is root on every machine that uses the feeds.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenPgpKey } from './openpgp.ts';
import { parseUsignSecret, renderUsignSecret, type UsignKey } from './usign.ts';

/** One generation of keys. */
export interface KeySet {
  readonly apt: OpenPgpKey;
  readonly opkg: UsignKey;
  readonly apk: KeyObject;
}

/** Those in use, first the current ones. */
export type FeedKeys = readonly [KeySet, ...KeySet[]];

const NAMES = { apt: 'apt.json', opkg: 'opkg.sec', apk: 'apk.pem' } as const;
const NEXT = 'next';

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();

/** Makes a generation; `nowSec` becomes part of the OpenPGP key. */
export const generateKeySet = (userId: string, nowSec: number): KeySet => ({
  apt: { privateKey: generateKeyPairSync('ed25519').privateKey, createdSec: nowSec, userId },
  opkg: { privateKey: generateKeyPairSync('ed25519').privateKey, fingerprint: randomBytes(8) },
  apk: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
});

/** Is there a current generation? */
export const hasKeys = (directory: string): boolean => existsSync(join(directory, NAMES.apt));

const writeKeySet = (directory: string, { apt, opkg, apk }: KeySet): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) =>
    writeFileSync(join(directory, name), text, { mode: 0o600, flag: 'wx' });
  write(NAMES.opkg, renderUsignSecret(opkg));
  write(NAMES.apk, pem(apk));
  const { createdSec, userId } = apt;
  write(NAMES.apt, `${JSON.stringify({ userId, createdSec, privateKey: pem(apt.privateKey) }, null, 2)}\n`);
};

/** Writes the first generation, or the next one where there is one already. Never overwrites a key. */
export const addKeys = (directory: string, keys: KeySet): 'current' | 'next' => {
  const place = hasKeys(directory) ? 'next' : 'current';
  writeKeySet(place === 'next' ? join(directory, NEXT) : directory, keys);
  return place;
};

const readKeySet = (directory: string): KeySet => {
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  const apt = JSON.parse(read(NAMES.apt)) as { userId: string; createdSec: number; privateKey: string };
  return {
    apt: { ...apt, privateKey: createPrivateKey(apt.privateKey) },
    opkg: parseUsignSecret(read(NAMES.opkg)),
    apk: createPrivateKey(read(NAMES.apk)),
  };
};

/** Reads the keys in use. */
export const readKeys = (directory: string): FeedKeys => {
  const next = join(directory, NEXT);
  return hasKeys(next) ? [readKeySet(directory), readKeySet(next)] : [readKeySet(directory)];
};

/** Ends a rotation: the next generation becomes the current one, the old one is gone. */
export const promoteKeys = (directory: string): void => {
  const next = join(directory, NEXT);
  if (!hasKeys(next)) throw new Error(`There are no next keys in ${directory}: make them first`);
  for (const name of Object.values(NAMES)) renameSync(join(next, name), join(directory, name));
  rmSync(next, { recursive: true });
};
