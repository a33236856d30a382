/** The machine and what we set up on it. */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const SYSTEM_ERRORS = {
  NFT_REJECTED: {
    hint: 'Nothing was changed; the details carry what nft said.',
    retry: 'backoff',
    blame: 'bug',
    status: 502,
  },
  TUNNEL_UNAVAILABLE: {
    hint: 'Install the wireguard kernel module or the wireguard-go package.',
    retry: 'backoff',
    blame: 'operator',
    status: 503,
  },
  TUNNEL_PORT_IN_USE: {
    hint: 'Another program has the UDP port; set another listen port in the mesh section.',
    retry: 'backoff',
    blame: 'operator',
    status: 409,
  },
  TUNNEL_NAME_TAKEN: {
    hint: 'An interface that is not ours has this name; set another one in the mesh section.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  SOCKET_IN_USE: {
    hint: 'Another program, or another agent, has this address.',
    retry: 'backoff',
    blame: 'operator',
    status: 409,
  },
  PASSWORD_UNSUITABLE: {
    hint: 'Choose a longer password.',
    retry: 'never',
    blame: 'remote',
    status: 400,
  },
  STATE_UNWRITABLE: {
    hint: 'Make room on the disk, or make it writable, and try again; nothing was changed.',
    retry: 'backoff',
    blame: 'operator',
    status: 507,
  },
  PLATFORM_UNSUPPORTED: {
    hint: 'The agent runs on Linux as root.',
    retry: 'never',
    blame: 'operator',
  },
  DAEMON_RUNNING: {
    hint: 'Stop the other agent first.',
    retry: 'never',
    blame: 'operator',
  },
} as const satisfies Record<string, ErrorMeta>;
