/** Logging in to an edge: the ticket of the portal, or a local password. */
import type { EdgeLogin, EdgeLoginInfo, EdgeSession } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { ApiError } from '../../shared/data/api-error.ts';

/** Remembers the session's CSRF token in the client. */
const adopt = (api: ApiClient, session: EdgeSession): EdgeSession => {
  api.csrf = session.csrf;
  return session;
};

/** The session of the cookie; undefined when nobody is logged in. */
export const fetchSession = async (api: ApiClient): Promise<EdgeSession | undefined> => {
  try {
    return adopt(api, await api.get<EdgeSession>('/session'));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
};

/** Opens a session. */
export const logIn = async (api: ApiClient, login: EdgeLogin): Promise<EdgeSession> =>
  adopt(api, await api.post<EdgeSession>('/session', login));

/** Ends the session. */
export const logOut = async (api: ApiClient): Promise<void> => {
  await api.remove('/session');
  api.csrf = '';
};

/** What the login page may know. */
export const fetchLoginInfo = (api: ApiClient, signal?: AbortSignal): Promise<EdgeLoginInfo> =>
  api.get('/login', signal);

const TICKET = /^#ticket=([^&]+)/;

/**
 * Takes the ticket out of the address: it is a secret, so it leaves the address bar and the history entry before
 * anything else happens.
 */
export const takeTicket = (view: Pick<Window, 'location' | 'history'>): string | undefined => {
  const ticket = TICKET.exec(view.location.hash)?.[1];
  if (ticket === undefined) return undefined;
  view.history.replaceState(null, '', `${view.location.pathname}${view.location.search}`);
  return ticket;
};
