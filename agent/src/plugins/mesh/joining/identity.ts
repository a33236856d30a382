/** Who this machine is in the mesh, as it stands on disk (0600): keys, token, broker, and what a person last wished. */
import { Secret } from '@sidegate/kit';
import { Enrolment } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Files } from '../../../ports/index.ts';

const FILE = 'mesh-identity.json';
const ROOM_FILE = 'mesh-identity.room';
/** More than an identity takes: it has a few texts of bounded length. */
const ROOM_BYTES = 4096;

const VERSION = 1;

const StoredIdentity = v.strictObject({
  version: v.literal(VERSION),
  /** What was asked for last; survives reboots. */
  wanted: v.picklist(['up', 'down']),
  brokerUrl: v.pipe(v.string(), v.url()),
  privateKey: v.pipe(v.string(), v.base64(), v.length(44)),
  enrolment: Enrolment,
});

/** The identity in memory: its secrets print as `[secret]`. */
export interface Identity {
  readonly wanted: 'up' | 'down';
  readonly brokerUrl: string;
  readonly privateKey: Secret;
  readonly token: Secret;
  readonly enrolment: Omit<Enrolment, 'token'>;
}

/** What the agent after this one may write: all that is known of it is that it is not damaged. */
const NewerIdentity = v.object({ version: v.pipe(v.number(), v.gtValue(VERSION)) });

/** Text to an identity; `'newer'` where a newer agent wrote it. */
export const parseIdentity = (text: string): Identity | 'newer' | 'damaged' => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'damaged';
  }
  const result = v.safeParse(StoredIdentity, json);
  if (!result.success) return v.is(NewerIdentity, json) ? 'newer' : 'damaged';
  const { wanted, brokerUrl, privateKey } = result.output;
  const { token, ...enrolment } = result.output.enrolment;
  return { wanted, brokerUrl, privateKey: new Secret(privateKey), token: new Secret(token), enrolment };
};

/** The other way round. The one place where both secrets are revealed. */
export const renderIdentity = (identity: Identity): string => {
  const { wanted, brokerUrl, privateKey, token, enrolment } = identity;
  const stored = {
    version: VERSION,
    wanted,
    brokerUrl,
    privateKey: privateKey.reveal(),
    enrolment: { ...enrolment, token: token.reveal() },
  };
  return `${JSON.stringify(stored, null, 2)}\n`;
};

/** The identity on disk. */
export interface IdentityStore {
  /** `undefined` where there is no file. */
  load(): Promise<Identity | 'newer' | 'damaged' | undefined>;
  /** Rejects where an identity could not be kept. */
  ensureRoom(): Promise<void>;
  save(identity: Identity): Promise<void>;
  remove(): Promise<void>;
}

/** The identity in the state directory. */
export const createIdentityStore = (files: Files): IdentityStore => ({
  async load() {
    const text = await files.readText('state', FILE);
    return text === undefined ? undefined : parseIdentity(text);
  },
  async ensureRoom() {
    await files.writeText('state', ROOM_FILE, '-'.repeat(ROOM_BYTES));
    await files.remove('state', ROOM_FILE);
  },
  save: (identity) => files.writeText('state', FILE, renderIdentity(identity), { secret: true }),
  remove: () => files.remove('state', FILE),
});
