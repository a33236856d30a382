/** What every handler may ask of a request: who sent it from where, with which token. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseIp } from '@sidegate/kit';
import { NodeId } from '@sidegate/protocol';
import * as v from 'valibot';
import { BrokerError } from '../errors.ts';
import type { BrokerService } from '../service/broker-service.ts';

/** What routes need. */
export interface HttpDeps {
  readonly service: BrokerService;
  readonly config: HttpConfig;
}

/** How the broker is reached. */
export interface HttpConfig {
  /** Without a slash at the end. */
  readonly publicUrl: string;
  /** A reverse proxy in front sets X-Forwarded-For and X-Forwarded-Proto; nobody else can reach us. */
  readonly isProxyTrusted: boolean;
  /** The built portal. */
  readonly portalDir: string;
}

/** A handler's view of Polka's request. */
export interface Request extends IncomingMessage {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly path: string;
}
export type Response = ServerResponse;

const lastOf = (header: string | string[] | undefined): string | undefined =>
  [header].flat().at(-1)?.split(',').at(-1)?.trim();

/** Address of the client; through a trusted proxy the one that the proxy saw. */
export const addressOf = (request: IncomingMessage, config: HttpConfig): string => {
  const forwarded = config.isProxyTrusted ? lastOf(request.headers['x-forwarded-for']) : undefined;
  return parseIp(forwarded ?? request.socket.remoteAddress ?? '') ?? 'unknown';
};

/**
 * What stands for one customer in limits on requests: an IPv4 address, or the /64 of an IPv6 one, in which anybody has
 * addresses without end.
 */
export const budgetKeyOf = (address: string): string => {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail !== undefined)
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0'));
  return [...groups, ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
};

/** Does the browser speak HTTPS, to us or to the proxy? */
export const isSecure = (request: IncomingMessage, config: HttpConfig): boolean =>
  config.publicUrl.startsWith('https:') ||
  'encrypted' in request.socket ||
  (config.isProxyTrusted && lastOf(request.headers['x-forwarded-proto']) === 'https');

/** The node that a path names. */
export const nodeIdOf = ({ params }: Request): NodeId => {
  const id = v.safeParse(NodeId, params.id);
  if (!id.success) throw new BrokerError('NODE_UNKNOWN', 'There is no such node');
  return id.output;
};

/** The token of `Authorization: Bearer`, if there is one of a sane length. */
export const bearerOf = (request: IncomingMessage): string | undefined =>
  /^Bearer ([\w-]{1,128})$/i.exec(request.headers.authorization ?? '')?.[1];
