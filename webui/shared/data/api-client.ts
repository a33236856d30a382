/**
 * Data: how the apps talk to their server. One module per resource beside this one; they give plain values
 * and disposables and know nothing of Lit. Invariants: every write carries the session's CSRF token, every
 * failure is an `ApiError`, a 401 is told to the app once so that it can ask for the login again.
 * Must not import: lit, components, panels.
 */
import { t } from '../i18n/common.ts';
import { ApiError, isAbort, parseErrorBody } from './api-error.ts';

/** JSON over HTTP, relative to the API's base path. */
export interface ApiClient {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T>;
  patch<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T>;
  remove(path: string, signal?: AbortSignal): Promise<void>;
  /** Set after the login; empty before. */
  csrf: string;
}

/** What a client needs; tests pass a fake `fetch`. */
export interface ApiClientOptions {
  readonly base: string;
  /** Shown in "No connection to ...". */
  readonly serverName: string;
  readonly fetch?: typeof fetch;
  /** The session is gone; never called for the login itself. */
  readonly onUnauthorized?: () => void;
}

const readJson = async (response: Response): Promise<unknown> => {
  if (response.status === 204) return undefined;
  try {
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
};

/** Makes the client of one API. */
export const createApiClient = (options: ApiClientOptions): ApiClient => {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);

  const request = async (method: string, path: string, body: unknown, signal?: AbortSignal) => {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (method !== 'GET' && client.csrf !== '') headers['x-sidegate-csrf'] = client.csrf;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      return await send(`${options.base}${path}`, {
        method,
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (isAbort(cause)) throw cause;
      throw new ApiError('NO_CONNECTION', t('error.network', { where: options.serverName }), {
        hint: t('error.network-hint'),
        cause,
      });
    }
  };

  const call = async <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> => {
    const response = await request(method, path, body, signal);
    const answer = await readJson(response);
    if (response.ok) return answer as T;
    if (response.status === 401 && path !== '/session') options.onUnauthorized?.();
    throw parseErrorBody(response.status, answer);
  };

  const client: ApiClient = {
    csrf: '',
    get: (path, signal) => call('GET', path, undefined, signal),
    post: (path, body, signal) => call('POST', path, body, signal),
    patch: (path, body, signal) => call('PATCH', path, body, signal),
    remove: (path, signal) => call<void>('DELETE', path, undefined, signal),
  };
  return client;
};
