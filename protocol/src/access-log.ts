/** Who opened what an edge publishes: one entry for the connections that belong together. */
import * as v from 'valibot';
import { AddressId, ForwardId, Ip4, WallMs } from './ids.ts';

/** Connections of one machine to one publication, without a long pause between them. */
export const AccessEntry = v.strictObject({
  kind: v.picklist(['forward', 'address']),
  /** The publication; it may be gone since. */
  publicationId: v.union([ForwardId, AddressId]),
  /** Its URL or name, as it was then. */
  name: v.string(),
  label: v.string(),
  /** Name of the machine as it was then, or its address where nobody knew a name. */
  node: v.string(),
  address: Ip4,
  /** What was asked for, `tcp/8001`; the first few. */
  services: v.array(v.string()),
  firstAt: WallMs,
  /** When the last packet went, as well as it is known. */
  lastAt: WallMs,
  isOpen: v.boolean(),
  connections: v.number(),
  /** Both directions; absent where the kernel does not count. */
  bytes: v.optional(v.number()),
});
export type AccessEntry = v.InferOutput<typeof AccessEntry>;

/**
 * `GET /access-log`, newest first. Narrowed by `publication` (id, name, label or port), `node` (name or address) and
 * `since` (milliseconds since 1970).
 */
export const AccessLog = v.strictObject({
  entries: v.array(AccessEntry),
  /** Why nothing new is noted, for people; absent where all is well. */
  notice: v.optional(v.string()),
});
export type AccessLog = v.InferOutput<typeof AccessLog>;
