/** A host's address of its own as it is kept on disk. The addresses themselves are the broker's to keep. */
import { Address, HostKey } from '@sidegate/protocol';
import * as v from 'valibot';
import { PUBLICATION_ENTRIES } from './publication.ts';

const { id, name, ports } = Address.entries;

/** What one entry of the file must be. */
export const AddressRecord = v.strictObject({
  id,
  /** What the broker knows the host by. */
  key: HostKey,
  name,
  ports,
  ...PUBLICATION_ENTRIES,
});
export type AddressRecord = v.InferOutput<typeof AddressRecord>;

/** The file: `{ version, addresses }`. A reader refuses versions it does not know. */
export const AddressesFile = v.strictObject({ version: v.literal(1), addresses: v.array(AddressRecord) });
