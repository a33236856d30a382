/** A forward as it is kept on disk: what a person decided, and enough of its host to find it again. */
import { Forward } from '@sidegate/protocol';
import * as v from 'valibot';
import { PUBLICATION_ENTRIES } from './publication.ts';

const { id, protocol, edgePort, targetPort, portCount } = Forward.entries;

/** What one entry of the file must be. */
export const ForwardRecord = v.strictObject({
  id,
  protocol,
  edgePort,
  targetPort,
  portCount,
  ...PUBLICATION_ENTRIES,
});
export type ForwardRecord = v.InferOutput<typeof ForwardRecord>;

/** The file: `{ version, forwards }`. A reader refuses versions it does not know. */
export const ForwardsFile = v.strictObject({ version: v.literal(1), forwards: v.array(ForwardRecord) });

/** Every port a forward takes, as a distance from its first. */
export const portOffsetsOf = ({ portCount = 1 }: Pick<ForwardRecord, 'portCount'>): readonly number[] =>
  Array.from({ length: portCount }, (_, offset) => offset);

/** `both` is tcp and udp. */
export const protocolsOf = (of: ForwardRecord['protocol']): readonly ('tcp' | 'udp')[] =>
  of === 'both' ? ['tcp', 'udp'] : [of];
