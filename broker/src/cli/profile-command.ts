/**
 * `sidegate-broker profile create`: a device with the stock WireGuard app, from a script. A client of the running
 * broker's portal like a browser, in the name of the person whose device it is; so it may run on any machine, and the
 * private key is made there or nowhere.
 */
import { generateKeyPairSync } from 'node:crypto';
import { parseBody } from '@sidegate/kit';
import {
  ErrorBody,
  NewProfile,
  PortalSession,
  PRIVATE_KEY_PLACEHOLDER,
  ProfileCreated,
  renderProfile,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { type BrokerConfig, publicUrlOf } from '../config.ts';
import { BrokerError } from '../errors.ts';
import { type CommandOptions, UsageError } from './command-line.ts';

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

const post = async (url: string, body: unknown, headers: Readonly<Record<string, string>>) => {
  const init = { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(url, {
    ...init,
    headers: { 'content-type': 'application/json', ...headers },
  }).catch((cause: unknown) => {
    throw new BrokerError('PORTAL_REFUSED', `Reach the broker at ${new URL(url).origin}`, { cause });
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { answer, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const refused = v.safeParse(ErrorBody, answer);
  const { message, hint } = refused.success
    ? refused.output.error
    : { message: `The broker answered ${response.status}`, hint: undefined };
  throw new BrokerError('PORTAL_REFUSED', message, hint === undefined ? {} : { hint });
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
  const base = `${publicUrlOf(config)}/v1/portal`;
  const login = await post(`${base}/session`, { email: options.user, password: await readPassword() }, {});
  const { csrf } = v.parse(PortalSession, login.answer);
  const headers = { cookie: login.cookie, 'x-sidegate-csrf': csrf };
  try {
    const { answer } = await post(`${base}/profiles`, wish, headers);
    return renderProfile(v.parse(ProfileCreated, answer).profile, { privateKey });
  } finally {
    await fetch(`${base}/session`, { method: 'DELETE', headers }).catch(() => {});
  }
};
