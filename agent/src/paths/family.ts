/** IP address families, and which one an endpoint is of. Pure. */
import type { Endpoint } from '@sidegate/protocol';

/** An IP address family. */
export type Family = 4 | 6;

/** Both. */
export const FAMILIES: readonly Family[] = [4, 6];

/** Which family an endpoint is of. */
export const familyOf = (endpoint: Endpoint): Family => (endpoint.startsWith('[') ? 6 : 4);
