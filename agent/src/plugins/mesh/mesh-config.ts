/** Section `mesh` of the configuration. */
import { type Candidate, DEFAULTS, Endpoint, LIMITS, Port } from '@sidegate/protocol';
import * as v from 'valibot';
import type { IfName } from '../../ports/index.ts';

const InterfaceName = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9_.-]{1,15}$/, 'an interface name: at most 15 of a-z, 0-9, _ . -'),
  v.transform((name) => name as IfName),
);

export const MeshConfig = v.strictObject({
  interfaceName: v.pipe(v.optional(InterfaceName, 'sg0'), v.description("Name of the tunnel's interface")),
  mtuBytes: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1280), v.maxValue(1500)), DEFAULTS.tunnelMtuBytes),
    v.description('MTU of the tunnel; alike on all nodes of an account'),
  ),
  listenPort: v.pipe(
    v.optional(Port),
    v.description('UDP port of WireGuard; by default one that follows from the key, different on every node'),
  ),
  staticCandidates: v.pipe(
    v.optional(v.pipe(v.array(Endpoint), v.maxLength(LIMITS.candidatesPerNode)), []),
    v.description('Public endpoints of this node that a person knows of, such as a forwarded port'),
  ),
});
export type MeshConfig = v.InferOutput<typeof MeshConfig>;

/** The endpoints of the configuration as candidates. */
export const staticCandidatesOf = (config: MeshConfig): readonly Candidate[] =>
  config.staticCandidates.map((endpoint) => ({ kind: 'static', endpoint }));
