/**
 * Which requests are let near the API at all. Pure. A browser on the technician's laptop runs pages of strangers too:
 * a foreign name that resolves to us (DNS rebinding), a foreign page that posts to us (CSRF), a page of a LAN device
 * behind another port of this host. Each is told apart by headers that such a page cannot forge.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parseIp } from '@sidegate/kit';

/** Host name of an authority (`name`, `name:port`, `[v6]:port`), as URLs spell it; `undefined` where it is none. */
export const parseHostName = (authority: string | undefined): string | undefined => {
  if (authority === undefined || !/^[A-Za-z0-9.:[\]_-]{1,300}$/.test(authority)) return undefined;
  try {
    const { hostname } = new URL(`http://${authority}/`);
    return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') || undefined;
  } catch {
    return undefined;
  }
};

/** Our names in the same spelling; what does not parse is left out. */
export const ownHostNames = (names: Iterable<string>): ReadonlySet<string> => {
  const own = new Set<string>();
  for (const name of names) {
    const spelled = parseHostName(name.includes(':') && parseIp(name) !== undefined ? `[${name}]` : name);
    if (spelled !== undefined) own.add(spelled);
  }
  return own;
};

/** Did the browser ask for one of our own names or addresses, on whatever port? */
export const isOwnHost = (headers: IncomingHttpHeaders, own: ReadonlySet<string>): boolean => {
  const name = parseHostName(headers.host);
  return name !== undefined && own.has(name);
};

/**
 * Does the request come from our own page, or from no page at all? Browsers name the origin of every write and, where
 * they know Fetch Metadata, the relation of every request; programs such as curl name neither and carry no cookies by
 * accident. `same-site` is refused: another port of this host is another device.
 */
export const isOwnOrigin = (headers: IncomingHttpHeaders): boolean => {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin, host } = headers;
  return (
    origin === undefined || (host !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`)
  );
};

/** Methods that change nothing (RFC 9110 section 9.2.1). */
export const isRead = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';

/** Is the body announced as JSON? A form cannot do that without asking first. */
export const isJson = (headers: IncomingHttpHeaders): boolean =>
  /^application\/json(\s*;.*)?$/i.test(headers['content-type'] ?? '');
