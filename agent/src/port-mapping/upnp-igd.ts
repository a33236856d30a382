/**
 * UPnP internet gateways: the part of a description that maps ports, and the calls to it (UPnP Device Architecture
 * 2.0 section 3, WANIPConnection:1 and :2, WANPPPConnection:1). Text comes from strangers.
 */
import { parseIp } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { parseOwnUrl } from '../strangers/own-url.ts';
import { readXmlTexts } from '../strangers/read-xml-texts.ts';

/** What to search for; a device of version 2 answers to version 1. */
export const GATEWAY_DEVICE = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';

/** A service that maps ports. */
export interface IgdService {
  /** `urn:schemas-upnp-org:service:WANIPConnection:1`: every call names it. */
  readonly type: string;
  readonly port: number;
  readonly path: string;
}

const SERVICE_TYPE = /^urn:schemas-upnp-org:service:(?:WANIPConnection:[12]|WANPPPConnection:1)$/;
const SERVICES_MAX = 4;
/** A whole service element; longer ones are nobody's. */
const SERVICE_ELEMENT = /<service>([\s\S]{0,2000}?)<\/service>/g;

/** Services that map ports, in the description's order. Only URLs that lead back to the gateway count. */
export const parseIgdServices = (
  xml: string,
  gateway: Ip4,
  descriptionPort: number,
): readonly IgdService[] => {
  if (/<!(doctype|entity)/i.test(xml)) return [];
  const base = `http://${gateway}:${descriptionPort}`;
  return [...xml.matchAll(SERVICE_ELEMENT)]
    .flatMap(([, element = '']): IgdService[] => {
      const texts = readXmlTexts(element, ['serviceType', 'controlURL']);
      const type = texts.get('serviceType')?.[0] ?? '';
      const control = texts.get('controlURL')?.[0] ?? '';
      if (!SERVICE_TYPE.test(type) || control === '') return [];
      const isWhole = /^[a-z][a-z0-9+.-]*:/i.test(control);
      const url = parseOwnUrl(isWhole ? control : `${base}/${control.replace(/^\/+/, '')}`, gateway);
      return url === undefined ? [] : [{ type, ...url }];
    })
    .slice(0, SERVICES_MAX);
};

/** The calls that are made, with their arguments in the order in which the services define them. */
export type IgdCall =
  | { readonly action: 'GetExternalIPAddress'; readonly args: readonly [] }
  | {
      readonly action: 'AddPortMapping' | 'DeletePortMapping' | 'GetSpecificPortMappingEntry';
      readonly args: readonly (readonly [name: string, value: string | number])[];
    };

const KEY_ARGS = (externalPort: number) =>
  [
    ['NewRemoteHost', ''],
    ['NewExternalPort', externalPort],
    ['NewProtocol', 'UDP'],
  ] as const;

/** Asks for the outside address. */
export const externalAddressCall: IgdCall = { action: 'GetExternalIPAddress', args: [] };
/** Asks for, or renews, a mapping of a UDP port to this machine. */
export const addMappingCall = (mapping: {
  readonly externalPort: number;
  readonly internalPort: number;
  readonly client: Ip4;
  readonly leaseSec: number;
}): IgdCall => ({
  action: 'AddPortMapping',
  args: [
    ...KEY_ARGS(mapping.externalPort),
    ['NewInternalPort', mapping.internalPort],
    ['NewInternalClient', mapping.client],
    ['NewEnabled', 1],
    ['NewPortMappingDescription', 'sidegate'],
    ['NewLeaseDuration', mapping.leaseSec],
  ],
});
/** Takes it back. */
export const deleteMappingCall = (externalPort: number): IgdCall => ({
  action: 'DeletePortMapping',
  args: KEY_ARGS(externalPort),
});
/** Is it still there, and ours? */
export const findMappingCall = (externalPort: number): IgdCall => ({
  action: 'GetSpecificPortMappingEntry',
  args: KEY_ARGS(externalPort),
});

/** The whole HTTP request. Nothing in it is a stranger's but the path and the type, which were checked. */
export const renderIgdCall = (service: IgdService, gateway: Ip4, { action, args }: IgdCall): string => {
  const body = [
    '<?xml version="1.0"?>',
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">',
    `<s:Body><u:${action} xmlns:u="${service.type}">`,
    ...args.map(([name, value]) => `<${name}>${value}</${name}>`),
    `</u:${action}></s:Body></s:Envelope>`,
    '',
  ].join('\r\n');
  return [
    // 1.0, so that the answer is not cut into chunks.
    `POST ${service.path} HTTP/1.0`,
    `Host: ${gateway}:${service.port}`,
    'User-Agent: sidegate',
    'Connection: close',
    'Content-Type: text/xml; charset="utf-8"',
    `Content-Length: ${body.length}`,
    `SOAPAction: "${service.type}#${action}"`,
    '',
    body,
  ].join('\r\n');
};

/** What a gateway answered to a call. */
export type IgdAnswer =
  | {
      readonly kind: 'done';
      readonly externalAddress?: Ip4;
      /** Of `GetSpecificPortMappingEntry`. */
      readonly client?: string;
      readonly internalPort?: number;
    }
  /** A UPnP error, or 0 where none was named. */
  | { readonly kind: 'failed'; readonly code: number };

/** From the status and body of the HTTP answer. */
export const parseIgdAnswer = (status: number, body: string): IgdAnswer => {
  const names = ['errorCode', 'NewExternalIPAddress', 'NewInternalClient', 'NewInternalPort'] as const;
  const texts = readXmlTexts(body, names);
  const first = (name: (typeof names)[number]) => texts.get(name)?.[0];
  if (status !== 200) {
    const code = /^\d{1,4}$/.exec(first('errorCode') ?? '')?.[0];
    return { kind: 'failed', code: Number(code ?? 0) };
  }
  const address = parseIp(first('NewExternalIPAddress') ?? '');
  const port = /^\d{1,5}$/.exec(first('NewInternalPort') ?? '')?.[0];
  const client = first('NewInternalClient');
  return {
    kind: 'done',
    ...(address === undefined || address.includes(':') ? {} : { externalAddress: address as Ip4 }),
    ...(client === undefined ? {} : { client }),
    ...(port === undefined ? {} : { internalPort: Number(port) }),
  };
};

/** WANIPConnection:1 section 2.4.16: the port is taken, by another machine or by the gateway itself. */
export const IGD_CONFLICT = 718;
/** The gateway knows no leases. */
export const IGD_PERMANENT_ONLY = 725;

const ERROR_WORDS: Readonly<Record<number, string>> = {
  501: 'it could not do it',
  606: 'it is set up to refuse mappings',
  [IGD_CONFLICT]: 'the ports that were tried are taken',
  // Who would take the mapping back if this machine were unplugged?
  [IGD_PERMANENT_ONLY]: 'it offers only mappings that never end, which are not asked for',
  728: 'it has no ports left',
};
/** A UPnP error for people. */
export const describeIgdError = (code: number): string =>
  ERROR_WORDS[code] ??
  (code === 0 ? 'it does not understand the request' : `it refuses (UPnP error ${code})`);
