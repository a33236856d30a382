/** First set-up, logging in and out. */
import type { LoginRequest, PortalSession, PortalState, SetupRequest } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { ApiError } from '../../shared/data/api-error.ts';

/** Remembers the session's CSRF token in the client. */
const adopt = (api: ApiClient, session: PortalSession): PortalSession => {
  api.csrf = session.csrf;
  return session;
};

/** What anyone may know: is this the first run? */
export const fetchState = (api: ApiClient): Promise<PortalState> => api.get('/state');

/** The session of the cookie; undefined when nobody is logged in. */
export const fetchSession = async (api: ApiClient): Promise<PortalSession | undefined> => {
  try {
    return adopt(api, await api.get<PortalSession>('/session'));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
};

/** Creates the account and its owner, who is then logged in. */
export const setUp = async (api: ApiClient, request: SetupRequest): Promise<PortalSession> =>
  adopt(api, await api.post<PortalSession>('/setup', request));

export const logIn = async (api: ApiClient, request: LoginRequest): Promise<PortalSession> =>
  adopt(api, await api.post<PortalSession>('/session', request));

export const logOut = async (api: ApiClient): Promise<void> => {
  await api.remove('/session');
  api.csrf = '';
};
