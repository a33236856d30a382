/** Letting machines join: keys for unattended ones, codes that a person approves. */
import type {
  EnrolmentKey,
  EnrolmentKeyCreated,
  NewEnrolmentKey,
  PendingEnrolment,
} from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';

export const fetchKeys = (api: ApiClient, signal?: AbortSignal): Promise<EnrolmentKey[]> =>
  api.get('/enrolment-keys', signal);

/** The answer holds the secret: it is shown once and cannot be fetched again. */
export const createKey = (api: ApiClient, key: NewEnrolmentKey): Promise<EnrolmentKeyCreated> =>
  api.post('/enrolment-keys', key);

export const revokeKey = (api: ApiClient, id: string): Promise<void> => api.remove(`/enrolment-keys/${id}`);

const requestPath = (code: string): string => `/enrolment-requests/${encodeURIComponent(code)}`;

/** What waits behind a code. */
export const fetchRequest = (api: ApiClient, code: string, signal?: AbortSignal): Promise<PendingEnrolment> =>
  api.get(requestPath(code), signal);

export const approveRequest = (api: ApiClient, code: string): Promise<void> =>
  api.post(`${requestPath(code)}/approve`);

export const denyRequest = (api: ApiClient, code: string): Promise<void> =>
  api.post(`${requestPath(code)}/deny`);

/** `abcdefgh`, `ABCD EFGH` and `abcd-efgh` are all `ABCD-EFGH`; undefined when it cannot be a code. */
export const parseCode = (text: string): string | undefined => {
  const letters = text.toUpperCase().replace(/[^A-Z]/g, '');
  return letters.length === 8 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : undefined;
};
