/** People of the account, and what they did. */
import type { AuditEntry, NewUser, User, UserPatch } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';

export const fetchUsers = (api: ApiClient, signal?: AbortSignal): Promise<User[]> =>
  api.get('/users', signal);

export const addUser = (api: ApiClient, user: NewUser): Promise<User> => api.post('/users', user);

export const patchUser = (api: ApiClient, id: string, patch: UserPatch): Promise<User> =>
  api.patch(`/users/${id}`, patch);

export const removeUser = (api: ApiClient, id: string): Promise<void> => api.remove(`/users/${id}`);

/** Newest first. */
export const fetchAudit = (api: ApiClient, signal?: AbortSignal): Promise<AuditEntry[]> =>
  api.get('/audit', signal);
