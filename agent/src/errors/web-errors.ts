/** Who may use the web UI, and how they prove it (`plugins/web`). */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const WEB_ERRORS = {
  NOT_LOGGED_IN: { hint: 'Log in.', retry: 'never', blame: 'remote', status: 401 },
  LOGIN_WRONG: {
    hint: 'Check the password, or open this edge from the portal.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  LOGIN_THROTTLED: {
    hint: 'Wait, then try again; opening this edge from the portal works meanwhile.',
    retry: 'backoff',
    blame: 'remote',
    status: 429,
  },
  NO_PASSWORD_SET: {
    hint: 'Set one on the edge with `sidegate login set-password`, or open this edge from the portal.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  TICKET_INVALID: {
    hint: 'Open this edge from the portal again.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  TICKET_EXPIRED: {
    hint: 'Open this edge from the portal again; if that does not help, check the clock of the edge.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  TICKET_USED: {
    hint: 'A ticket opens one session. Open this edge from the portal again.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  ROLE_NOT_PERMITTED: {
    hint: 'Ask the owner of the account for the role of a technician.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  CSRF_REJECTED: { hint: 'Reload the page.', retry: 'never', blame: 'remote', status: 403 },
  ORIGIN_REJECTED: {
    hint: 'Open the web UI by its own address.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  HOST_REJECTED: {
    hint: 'Use the name or the mesh address of this machine.',
    retry: 'never',
    blame: 'remote',
    status: 421,
  },
  UI_NOT_BUILT: {
    hint: 'Build it with `npm run build`, or install the whole package; the API works without it.',
    retry: 'never',
    blame: 'operator',
    status: 503,
  },
} as const satisfies Record<string, ErrorMeta>;
