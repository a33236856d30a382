/** What an agent publishes of its LANs: forwards of ports, and addresses of hosts' own. */
import * as v from 'valibot';
import {
  AddressId,
  DnsLabel,
  ForwardId,
  HostId,
  Ip4,
  Ip6,
  NodeId,
  Port,
  plainText,
  UserId,
  WallMs,
} from './ids.ts';
import { LIMITS } from './limits.ts';
import { PortRange, Tag } from './node-api.ts';

/** `both` is one forward of the same port over TCP and UDP. */
export const ForwardProtocol = v.picklist(['tcp', 'udp', 'both']);
export type ForwardProtocol = v.InferOutput<typeof ForwardProtocol>;
/** Where a forward leads: a host (followed by MAC when DHCP moves it) or a fixed address in a scope. */
export const ForwardTarget = v.variant('kind', [
  v.strictObject({ kind: v.literal('host'), hostId: HostId }),
  v.strictObject({ kind: v.literal('address'), address: Ip4 }),
]);
export type ForwardTarget = v.InferOutput<typeof ForwardTarget>;

const sources = <const S extends v.GenericSchema<string>>(item: S) =>
  v.optional(v.pipe(v.array(item), v.maxLength(LIMITS.sourcesPerForward)), []);
/** Who may open a forward, of those whom policy lets in at all: any of these. */
export const ForwardAllow = v.strictObject({
  nodes: sources(NodeId),
  tags: sources(Tag),
  users: sources(UserId),
});
export type ForwardAllow = v.InferOutput<typeof ForwardAllow>;
/** The same as a person says it: nodes and users by name or id. Names are looked up once, ids are kept. */
export const NewForwardAllow = v.pipe(
  v.strictObject({
    nodes: sources(plainText(LIMITS.labelLength)),
    tags: sources(Tag),
    users: sources(plainText(LIMITS.labelLength)),
  }),
  v.check(({ nodes, tags, users }) => nodes.length + tags.length + users.length > 0, 'somebody at least'),
);
export type NewForwardAllow = v.InferOutput<typeof NewForwardAllow>;

const SOURCE = /^(?:(node|tag|user):)?([^:]+)$/;

/** `laptop`, `node:laptop`, `tag:support`, `user:anna` by kind, and the words that say nobody, such as `group:x`. */
export const parseSources = (
  words: readonly string[],
): {
  readonly allow: { readonly nodes: string[]; readonly tags: string[]; readonly users: string[] };
  readonly unclear: readonly string[];
} => {
  const allow = { nodes: [] as string[], tags: [] as string[], users: [] as string[] };
  const unclear: string[] = [];
  for (const word of words) {
    const [, kind = 'node', name] = SOURCE.exec(word) ?? [];
    if (name === undefined) unclear.push(word);
    else allow[`${kind as 'node' | 'tag' | 'user'}s`].push(name);
  }
  return { allow, unclear };
};

/** The host is woken by its hardware address when somebody connects. */
export const Wake = v.boolean();

/** How many consecutive ports a forward takes, on both sides; without it, one. */
export const PortCount = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(
    LIMITS.portsPerForward,
    `at most ${LIMITS.portsPerForward} ports; give the host an address of its own to publish all of them`,
  ),
);

/** What is said of a forward and of an address alike when it is made. */
const NEW_PUBLICATION_ENTRIES = {
  label: v.optional(plainText(LIMITS.labelLength), ''),
  note: v.optional(plainText(LIMITS.noteLength), ''),
  /** When it ends; without it, never. The kernel ends it even where the agent is dead. */
  expiresAt: v.optional(WallMs),
  /** Without it, whoever policy permits. */
  allow: v.optional(NewForwardAllow),
  wake: v.optional(Wake),
};
/** `POST /forwards` (`?dryRun=1` answers with the plan and changes nothing). Without `edgePort` one is chosen. */
export const NewForward = v.strictObject({
  protocol: v.optional(ForwardProtocol, 'tcp'),
  edgePort: v.optional(Port),
  target: ForwardTarget,
  targetPort: Port,
  /** A range: `edgePort` and the ports after it lead to `targetPort` and those after it. */
  portCount: v.optional(PortCount),
  ...NEW_PUBLICATION_ENTRIES,
});
export type NewForward = v.InferOutput<typeof NewForward>;
/** `PATCH /forwards/:id`. */
export const ForwardPatch = v.strictObject({
  enabled: v.optional(v.boolean()),
  label: v.optional(plainText(LIMITS.labelLength)),
  note: v.optional(plainText(LIMITS.noteLength)),
  /** Another end; `null` is never. */
  expiresAt: v.optional(v.nullable(WallMs)),
  /** Others; `null` is whoever policy permits. */
  allow: v.optional(v.nullable(NewForwardAllow)),
  wake: v.optional(Wake),
});
export type ForwardPatch = v.InferOutput<typeof ForwardPatch>;
/** What is said of a forward and of an address alike when they are listed. */
const PUBLICATION_ENTRIES = {
  label: v.string(),
  note: v.string(),
  enabled: v.boolean(),
  owner: v.string(),
  createdAt: WallMs,
  expiresAt: v.optional(WallMs),
  allow: v.optional(ForwardAllow),
  /** The same in words: `laptop`, `tag:support`, `user:anna`; an id where nobody by it is known just now. */
  allowWords: v.optional(v.array(v.string())),
  wake: v.optional(Wake),
};
/** `GET /forwards`. */
export const Forward = v.strictObject({
  id: ForwardId,
  protocol: ForwardProtocol,
  edgePort: Port,
  target: ForwardTarget,
  targetPort: Port,
  portCount: v.optional(PortCount),
  /** The address the forward leads to just now; absent while its host is nowhere to be seen. */
  targetAddress: v.optional(Ip4),
  ...PUBLICATION_ENTRIES,
  /** `http://home.acme.sidegate.internal:8001/`, or `host:port` where no browser speaks the protocol. */
  url: v.string(),
  connections: v.number(),
  bytes: v.number(),
});
export type Forward = v.InferOutput<typeof Forward>;
/** The answer to a dry run: what would be applied. `ruleset` is nftables text of the maps that change. */
export const ForwardPlan = v.strictObject({ forward: Forward, ruleset: v.string() });
export type ForwardPlan = v.InferOutput<typeof ForwardPlan>;

/** Ports that a host's own address lets through; without them, everything. */
export const AddressPorts = v.pipe(
  v.array(PortRange),
  v.minLength(1),
  v.check(
    (ports) => ports.reduce((sum, { from, to }) => sum + to - from + 1, 0) <= LIMITS.portsPerForward,
    `at most ${LIMITS.portsPerForward} ports; leave them out to let everything through`,
  ),
);

/** `POST /addresses` (`?dryRun=1` as for forwards): a host becomes a member of the mesh, translated 1:1. */
export const NewAddress = v.strictObject({
  target: ForwardTarget,
  /** First label of its DNS name, `<name>.<edge>.<account>.<base>`; without it, made from the host's name. */
  name: v.optional(DnsLabel),
  ports: v.optional(AddressPorts),
  ...NEW_PUBLICATION_ENTRIES,
});
export type NewAddress = v.InferOutput<typeof NewAddress>;
/** `PATCH /addresses/:id`. */
export const AddressPatch = v.strictObject({
  ...ForwardPatch.entries,
  name: v.optional(DnsLabel),
  /** Others; `null` is everything. */
  ports: v.optional(v.nullable(AddressPorts)),
});
export type AddressPatch = v.InferOutput<typeof AddressPatch>;
/** `GET /addresses`. */
export const Address = v.strictObject({
  id: AddressId,
  name: DnsLabel,
  fqdn: v.string(),
  /** Allotted by the broker; absent until it has answered. */
  address4: v.optional(Ip4),
  address6: v.optional(Ip6),
  target: ForwardTarget,
  targetAddress: v.optional(Ip4),
  ports: v.optional(v.array(PortRange)),
  ...PUBLICATION_ENTRIES,
  /** What can be opened there, likeliest first: `http://camera.home.acme.sidegate.internal/`. */
  urls: v.array(v.string()),
  connections: v.number(),
  bytes: v.number(),
});
export type Address = v.InferOutput<typeof Address>;
/** The answer to a dry run. */
export const AddressPlan = v.strictObject({ address: Address, ruleset: v.string() });
export type AddressPlan = v.InferOutput<typeof AddressPlan>;
