/** A request to join that waits for approval, on disk (0600): a restart of the daemon, or of the machine, loses no code. */
import { Secret } from '@sidegate/kit';
import { EnrolmentRequestCreated } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Files } from '../../../ports/index.ts';
import type { JoinRequest } from './enrolment.ts';

const FILE = 'mesh-joining.json';

const StoredJoin = v.strictObject({
  version: v.literal(1),
  brokerUrl: v.pipe(v.string(), v.url()),
  privateKey: v.pipe(v.string(), v.base64(), v.length(44)),
  created: EnrolmentRequestCreated,
});

const decode = (text: string): JoinRequest | undefined => {
  try {
    const { brokerUrl, privateKey, created } = v.parse(StoredJoin, JSON.parse(text));
    return { brokerUrl, privateKey: new Secret(privateKey), created };
  } catch {
    return undefined;
  }
};

export interface JoinStore {
  /** `undefined` where nothing waits, or it cannot be read. */
  load(): Promise<JoinRequest | undefined>;
  save(join: JoinRequest): Promise<void>;
  remove(): Promise<void>;
}

/** In the state directory. */
export const createJoinStore = (files: Files): JoinStore => ({
  async load() {
    const text = await files.readText('state', FILE);
    return text === undefined ? undefined : decode(text);
  },
  save: ({ brokerUrl, privateKey, created }) =>
    files.writeText(
      'state',
      FILE,
      JSON.stringify({ version: 1, brokerUrl, privateKey: privateKey.reveal(), created }),
      { secret: true },
    ),
  remove: () => files.remove('state', FILE),
});
