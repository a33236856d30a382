/** Section `port-mapping` of the configuration. */
import * as v from 'valibot';
import { MAPPING_PROTOCOLS } from '../../port-mapping/mapping.ts';

/** Default: on, with every protocol. */
export const PortMappingConfig = v.strictObject({
  enabled: v.pipe(
    v.optional(v.boolean(), true),
    v.description("Ask the default gateway to map a port to WireGuard's, leased and taken back at the end"),
  ),
  protocols: v.pipe(
    v.optional(v.pipe(v.array(v.picklist(MAPPING_PROTOCOLS)), v.maxLength(3)), [...MAPPING_PROTOCOLS]),
    v.description('Which protocols to ask with; tried in the order pcp, nat-pmp, upnp'),
  ),
});
export type PortMappingConfig = v.InferOutput<typeof PortMappingConfig>;
