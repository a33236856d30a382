/**
 * What an edge publishes, as a file that people keep, edit and carry to other edges: `GET /publications` writes it,
 * `POST /publications/import` reads it. It holds no secret and nothing that only this edge would understand: hosts are
 * named by hardware address, or by address and network.
 */
import * as v from 'valibot';
import { AddressPorts, ForwardProtocol, NewForwardAllow, PortCount, Wake } from './forwarding-api.ts';
import { Cidr4, DnsLabel, Ip4, Mac, Port, plainText, WallMs } from './ids.ts';
import { LIMITS } from './limits.ts';

/** Which device: the one with this hardware address, wherever it is; else whatever has the address. */
export const PortableTarget = v.pipe(
  v.strictObject({
    mac: v.optional(Mac),
    /** Of a device with a `mac`: where it was, until it is seen. */
    address: v.optional(Ip4),
    /** The network the address was in. For people, as is `name`. */
    scope: v.optional(Cidr4),
    name: v.optional(plainText(LIMITS.labelLength)),
  }),
  v.check(({ mac, address }) => mac !== undefined || address !== undefined, 'a mac or an address'),
);
export type PortableTarget = v.InferOutput<typeof PortableTarget>;

/** What both kinds of publication have. */
const COMMON = {
  target: PortableTarget,
  label: v.optional(plainText(LIMITS.labelLength), ''),
  note: v.optional(plainText(LIMITS.noteLength), ''),
  enabled: v.optional(v.boolean(), true),
  expiresAt: v.optional(WallMs),
  allow: v.optional(NewForwardAllow),
  wake: v.optional(Wake),
};

/** A forward. Without `edgePort` a free one is chosen, unless a forward leads there already. */
export const PortableForward = v.strictObject({
  protocol: v.optional(ForwardProtocol, 'tcp'),
  edgePort: v.optional(Port),
  targetPort: Port,
  portCount: v.optional(PortCount),
  ...COMMON,
});
export type PortableForward = v.InferOutput<typeof PortableForward>;

/** A host with an address of its own; which one the broker says. */
export const PortableAddress = v.strictObject({
  name: v.optional(DnsLabel),
  ports: v.optional(AddressPorts),
  ...COMMON,
});
export type PortableAddress = v.InferOutput<typeof PortableAddress>;

/** The whole file. A reader refuses versions it does not know. */
export const PublicationFile = v.strictObject({
  format: v.literal('sidegate-publications'),
  version: v.literal(1),
  /** Where and when it was written, for people. */
  edge: v.optional(plainText(300)),
  exportedAt: v.optional(WallMs),
  forwards: v.optional(v.pipe(v.array(PortableForward), v.maxLength(LIMITS.forwardsPerEdge)), []),
  addresses: v.optional(v.pipe(v.array(PortableAddress), v.maxLength(LIMITS.addressesPerEdge)), []),
});
export type PublicationFile = v.InferOutput<typeof PublicationFile>;

/** What an import does, or would do, with one publication. `skipped`: it has ended already. */
export const ImportStep = v.strictObject({
  noun: v.picklist(['forward', 'address']),
  what: v.picklist(['added', 'changed', 'removed', 'unchanged', 'skipped', 'refused']),
  /** For people: `8001/tcp to 192.168.1.20:80`. */
  title: v.string(),
  /** Of a refusal, the reason; of a change, what changes. */
  why: v.optional(v.string()),
  /** Of a refusal. */
  code: v.optional(v.string()),
});
export type ImportStep = v.InferOutput<typeof ImportStep>;
/**
 * `POST /publications/import`: `?dryRun=1` changes nothing, `?replace=1` also removes what is not in the file. All or
 * nothing: where one step is refused, nothing is applied.
 */
export const ImportPlan = v.strictObject({ isApplied: v.boolean(), steps: v.array(ImportStep) });
export type ImportPlan = v.InferOutput<typeof ImportPlan>;
