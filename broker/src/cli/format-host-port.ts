/** Text of a host and port. */
import type { HostPort } from '../config.ts';

/** The inverse of `parseHostPort`. */
export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
