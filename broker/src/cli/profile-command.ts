/**
 * `sidegate-broker profile create`: a device with the stock WireGuard app, from a script. A client of the running
 * broker's portal like a browser, in the name of the person whose device it is; so it may run on any machine, and the
 * private key is made there or nowhere.
 */
import { generateKeyPairSync } from 'node:crypto';
import { parseBody } from '@sidegate/kit';
import { NewProfile, PRIVATE_KEY_PLACEHOLDER, ProfileCreated, renderProfile } from '@sidegate/protocol';
import * as v from 'valibot';
import type { BrokerConfig } from '../config.ts';
import { type CommandOptions, UsageError } from './command-line.ts';
import { openPortal } from './open-portal.ts';

const toBase64 = (base64url: string): string => Buffer.from(base64url, 'base64url').toString('base64');

const generateKeys = (): { readonly privateKey: string; readonly publicKey: string } => {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  return { privateKey: toBase64(d!), publicKey: toBase64(x!) };
};

const keysOf = ({ generate, 'public-key': publicKey }: CommandOptions) => {
  if ((generate === true) === (publicKey !== undefined))
    throw new UsageError('Say either --public-key KEY or --generate');
  return generate === true ? generateKeys() : { privateKey: PRIVATE_KEY_PLACEHOLDER, publicKey };
};

/** Makes the device and ends the session; returns what to print. */
export const runProfileCreate = async (
  config: BrokerConfig,
  options: CommandOptions,
  readPassword: () => Promise<string>,
): Promise<string> => {
  if (options.user === undefined || options.name === undefined)
    throw new UsageError('--user and --name say whose device it is and what it is called');
  const { privateKey, publicKey } = keysOf(options);
  const wish = parseBody(NewProfile, { name: options.name, publicKey });
  await using portal = await openPortal(config, options, readPassword);
  const { profile } = v.parse(ProfileCreated, await portal.ask('POST', '/profiles', wish));
  return renderProfile(profile, { privateKey });
};
