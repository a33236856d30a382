/** Finding hosts (`plugins/discovery/`). */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const DISCOVERY_ERRORS = {
  HOST_NOT_FOUND: {
    hint: 'Scan again; `sidegate hosts` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  HOST_IN_USE: {
    hint: 'Remove the forwards that lead to it first.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  SCOPE_NOT_FOUND: {
    hint: '`GET /scopes` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  SCOPE_NOT_PRIVATE: {
    hint: 'Private networks are 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16. If it is yours all the same, say so: --public.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  SCOPE_TOO_LARGE: {
    hint: 'Add the parts that matter, each a /16 or smaller.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  SCOPE_OVERLAPS: {
    hint: 'Remove the other scope first, or add the part that is not in it.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  SCOPE_UNROUTED: {
    hint: 'Add a route to it on this machine or on its router, or scan what it can reach: `sidegate scope suggest`.',
    retry: 'never',
    blame: 'operator',
    status: 422,
  },
  SCOPE_SENDER_UNFIT: {
    hint: 'Choose an address of that network that nobody has, and an interface whose wire the devices are on.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  SCOPE_LIMIT: { hint: 'Remove a scope first.', retry: 'never', blame: 'remote', status: 409 },
  SCOPE_ATTACHED: {
    hint: 'It comes from an interface of this machine and goes with it.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  SCOPE_NONE: {
    hint: 'Connect the edge to a private network, or add a routed one.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  SCAN_RUNNING: {
    hint: 'Wait for the running scan, or cancel it: sidegate scan --cancel.',
    retry: 'backoff',
    blame: 'remote',
    status: 409,
  },
  SCAN_NOT_FOUND: { hint: '`GET /scans` shows what there is.', retry: 'never', blame: 'remote', status: 404 },
} as const satisfies Record<string, ErrorMeta>;
