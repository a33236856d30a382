/** SSDP (UPnP Device Architecture 2.0, section 1.3). Bytes come from strangers. */
import { sanitizeText } from './sanitize-text.ts';

/** Group and port of section 1.1. */
export const SSDP_GROUP = { address: '239.255.255.250', port: 1900 } as const;

/** Devices spread their answers over so many seconds; 1 is the least. */
const MX_SEC = 1;

/** What may be looked for: every device, or those of one type. */
export type SearchTarget = 'upnp:rootdevice' | 'ssdp:all' | `urn:schemas-upnp-org:${string}`;

/** The question: `upnp:rootdevice` brings one answer a device, and there are devices that know only `ssdp:all`. */
export const renderSsdpSearch = (target: SearchTarget): string =>
  [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${SSDP_GROUP.address}:${SSDP_GROUP.port}`,
    'MAN: "ssdp:discover"',
    `MX: ${MX_SEC}`,
    `ST: ${target}`,
    '',
    '',
  ].join('\r\n');

/** What an answer tells. */
export interface SsdpReply {
  /** Where the description is; not yet checked. */
  readonly location?: string;
  readonly server?: string;
}

const headerOf = (text: string, name: string): string | undefined =>
  new RegExp(`^${name}:[ \\t]*([^\\r\\n]{1,512})`, 'im').exec(text)?.[1]?.trim();

/** `undefined` where the bytes are no answer to a search. */
export const parseSsdpReply = (bytes: Uint8Array): SsdpReply | undefined => {
  const text = Buffer.from(bytes.subarray(0, 2_048)).toString('latin1');
  if (!/^HTTP\/1\.[01] 200/.test(text)) return undefined;
  const location = headerOf(text, 'location');
  const server = sanitizeText(headerOf(text, 'server') ?? '');
  return { ...(location === undefined ? {} : { location }), ...(server === undefined ? {} : { server }) };
};
