/** Section `relay` of the configuration. `sidegate relay on` and `off` come before it. */
import { DEFAULTS, Endpoint, LIMITS, Port } from '@sidegate/protocol';
import * as v from 'valibot';

/** Default: off. Whether a node that offers is let is decided in the portal. */
export const RelayConfig = v.strictObject({
  enabled: v.pipe(
    v.optional(v.boolean(), false),
    v.description('Offer to relay for the nodes of this account that have no direct path'),
  ),
  port: v.pipe(v.optional(Port, DEFAULTS.relayUdpPort), v.description('UDP port of the relay')),
  endpoints: v.pipe(
    v.optional(v.pipe(v.array(Endpoint), v.maxLength(LIMITS.endpointsPerRelay)), []),
    v.description("Where others reach the relay; by default this machine's own public addresses"),
  ),
});
export type RelayConfig = v.InferOutput<typeof RelayConfig>;
