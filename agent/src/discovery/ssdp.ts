/** SSDP and device descriptions (UPnP Device Architecture 2.0, sections 1.3 and 2.3). Bytes come from strangers. */
import { readXmlTexts } from './read-xml-texts.ts';
import { sanitizeText } from './sanitize-text.ts';

/** Group and port of section 1.1. */
export const SSDP_GROUP = { address: '239.255.255.250', port: 1900 } as const;

/** Devices spread their answers over so many seconds; 1 is the least. */
const MX_SEC = 1;

/** The question: `upnp:rootdevice` brings one answer a device, and there are devices that know only `ssdp:all`. */
export const renderSsdpSearch = (target: 'upnp:rootdevice' | 'ssdp:all'): string =>
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

/** What a device writes of itself; texts are clean. */
export interface DeviceDescription {
  readonly name?: string;
  readonly maker?: string;
  readonly model?: string;
  /** `MediaRenderer` of `urn:schemas-upnp-org:device:MediaRenderer:1`. */
  readonly type?: string;
  /** Its page for people; not yet checked. */
  readonly page?: string;
}

/** The root device is the one that comes first; what is embedded in it comes later. */
export const parseDeviceDescription = (xml: string): DeviceDescription => {
  const texts = readXmlTexts(xml, [
    'friendlyName',
    'manufacturer',
    'modelName',
    'deviceType',
    'presentationURL',
  ]);
  const first = (name: Parameters<typeof texts.get>[0]) => sanitizeText(texts.get(name)?.[0] ?? '');
  const urn = texts.get('deviceType')?.[0] ?? '';
  const parts = {
    name: first('friendlyName'),
    maker: first('manufacturer'),
    model: first('modelName'),
    type: sanitizeText(/:device:([\w-]{1,64})/.exec(urn)?.[1] ?? ''),
    page: texts.get('presentationURL')?.[0] || undefined,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, text]) => text !== undefined));
};
