/** The portal of the running broker, asked as a browser does, in a person's name: for what the database does not hold. */
import { ErrorBody, PortalSession } from '@sidegate/protocol';
import * as v from 'valibot';
import { BrokerError } from '../errors.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A session; disposing ends it. */
export interface PortalClient extends AsyncDisposable {
  /** The answer's body; rejects with `PORTAL_REFUSED` and the portal's own words. */
  ask(method: Method, path: string, body?: unknown): Promise<unknown>;
}

const call = async (
  url: string,
  method: Method,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly answer: unknown; readonly cookie: string }> => {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new BrokerError('PORTAL_REFUSED', `Reach the broker at ${new URL(url).origin}`, { cause });
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return { answer, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const refused = v.safeParse(ErrorBody, answer);
  const { message, hint } = refused.success
    ? refused.output.error
    : { message: `The broker answered ${response.status}`, hint: undefined };
  throw new BrokerError('PORTAL_REFUSED', message, hint === undefined ? {} : { hint });
};

/** Logs in at the broker with this public address. */
export const openPortalClient = async (
  brokerUrl: string,
  login: { readonly email: unknown; readonly password: string },
): Promise<PortalClient> => {
  const base = `${brokerUrl}/v1/portal`;
  const { answer, cookie } = await call(`${base}/session`, 'POST', login);
  const headers = { cookie, 'x-sidegate-csrf': v.parse(PortalSession, answer).csrf };
  return {
    ask: async (method, path, body) => (await call(`${base}${path}`, method, body, headers)).answer,
    async [Symbol.asyncDispose]() {
      await call(`${base}/session`, 'DELETE', undefined, headers).catch(() => {});
    },
  };
};
