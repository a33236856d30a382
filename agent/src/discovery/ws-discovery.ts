/** WS-Discovery (OASIS 1.1, in the 2005 namespace that devices speak) and ONVIF's scopes (Core Specification, 7.3). */
import { readXmlTexts } from '../strangers/read-xml-texts.ts';
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** Group and port of section 2.4. */
export const WS_DISCOVERY_GROUP = { address: '239.255.255.250', port: 3702 } as const;

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const ADDRESSING = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const DISCOVERY = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
const ONVIF = 'http://www.onvif.org/ver10/network/wsdl';

/** A question to all, or to cameras only: some cameras answer nothing less. `messageId` is a `urn:uuid:`. */
export const renderWsProbe = (messageId: string, to: 'all' | 'cameras'): string =>
  [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<s:Envelope xmlns:s="${SOAP}" xmlns:a="${ADDRESSING}" xmlns:d="${DISCOVERY}" xmlns:n="${ONVIF}"><s:Header>`,
    `<a:Action>${DISCOVERY}/Probe</a:Action><a:MessageID>${messageId}</a:MessageID>`,
    '<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>',
    to === 'all' ? '<d:Probe/>' : '<d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe>',
    '</s:Body></s:Envelope>',
  ].join('');

/** What an answer tells; texts are clean, URLs not yet checked. */
export interface WsMatch {
  readonly relatesTo: string;
  readonly types: readonly string[];
  /** From ONVIF's scopes. */
  readonly name?: string;
  readonly model?: string;
  readonly urls: readonly string[];
}

const MAX_WORDS = 16;
const words = (texts: readonly string[] | undefined): readonly string[] =>
  (texts ?? []).flatMap((text) => text.split(/\s+/).filter((word) => word !== '')).slice(0, MAX_WORDS);

const decodeScope = (text: string): string | undefined => {
  try {
    return sanitizeText(decodeURIComponent(text));
  } catch {
    return sanitizeText(text);
  }
};

const scopeOf = (scopes: readonly string[], kind: 'name' | 'hardware'): string | undefined => {
  const prefix = `onvif://www.onvif.org/${kind}/`;
  const scope = scopes.find((one) => one.toLowerCase().startsWith(prefix));
  return scope === undefined ? undefined : decodeScope(scope.slice(prefix.length, 300));
};

/** `undefined` where the bytes are no match for a probe. */
export const parseWsMatch = (bytes: Uint8Array): WsMatch | undefined => {
  const xml = new TextDecoder('utf-8').decode(bytes.subarray(0, 16 * 1024));
  if (!/ProbeMatch/.test(xml)) return undefined;
  const texts = readXmlTexts(xml, ['RelatesTo', 'Types', 'Scopes', 'XAddrs']);
  const relatesTo = texts.get('RelatesTo')?.[0];
  if (relatesTo === undefined) return undefined;
  const scopes = words(texts.get('Scopes'));
  const name = scopeOf(scopes, 'name');
  const model = scopeOf(scopes, 'hardware');
  return {
    relatesTo,
    types: words(texts.get('Types')).flatMap((type) => sanitizeText(type.replace(/^[^:]*:/, ''), 48) ?? []),
    ...(name === undefined ? {} : { name }),
    ...(model === undefined ? {} : { model }),
    urls: words(texts.get('XAddrs')),
  };
};
