/** The `web` section of the agent's config. */
import { DEFAULTS, Port } from '@sidegate/protocol';
import * as v from 'valibot';
import type { IfName } from '../../ports/index.ts';

/** Every option has a default: an empty section is the common case. */
export const WebConfig = v.strictObject({
  /** TCP port on every address it listens on; port 80 of the mesh address leads here too. */
  port: v.optional(Port, DEFAULTS.webPort),
  /** Interfaces whose private IPv4 address answers as well, for the network behind each of them only. */
  lanInterfaces: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.regex(/^[^\s/]{1,15}$/, 'an interface name'),
          v.transform((name) => name as IfName),
        ),
      ),
      v.maxLength(16),
    ),
    [],
  ),
  /** Further names by which browsers may ask for this machine, besides its own names and addresses. */
  hostNames: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.toLowerCase(), v.maxLength(253))), v.maxLength(16)),
    [],
  ),
  /** A machine in the client role has no web UI unless this is set. */
  onClients: v.optional(v.boolean(), false),
  /** Where the built UI lies; default: beside the agent, else in the workspace. */
  directory: v.optional(v.string()),
});
export type WebConfig = v.InferOutput<typeof WebConfig>;
