/** The `web` section of the agent's config. */
import { DEFAULTS, Port } from '@sidegate/protocol';
import * as v from 'valibot';
import type { IfName } from '../../ports/index.ts';

const InterfaceNames = v.pipe(
  v.array(
    v.pipe(
      v.string(),
      v.regex(/^[^\s/]{1,15}$/, 'an interface name'),
      v.transform((name) => name as IfName),
    ),
  ),
  v.maxLength(16),
);
const HostNames = v.pipe(v.array(v.pipe(v.string(), v.toLowerCase(), v.maxLength(253))), v.maxLength(16));

/** Every option has a default: an empty section is the common case. */
export const WebConfig = v.strictObject({
  port: v.pipe(
    v.optional(Port, DEFAULTS.webPort),
    v.description('TCP port on every address it listens on; port 80 of the mesh address leads here too'),
  ),
  lanInterfaces: v.pipe(
    v.optional(InterfaceNames, []),
    v.description('Interfaces whose private IPv4 address answers as well, for the network behind each only'),
  ),
  hostNames: v.pipe(
    v.optional(HostNames, []),
    v.description('Further names by which browsers may ask for this machine'),
  ),
  onClients: v.pipe(
    v.optional(v.boolean(), false),
    v.description('Serve the web UI on a machine in the client role too'),
  ),
  directory: v.pipe(
    v.optional(v.string()),
    v.description('Where the built UI lies; by default beside the agent, or in the workspace'),
  ),
});
export type WebConfig = v.InferOutput<typeof WebConfig>;
