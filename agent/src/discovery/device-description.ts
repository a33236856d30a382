/** Device descriptions (UPnP Device Architecture 2.0, section 2.3). Text comes from strangers. */
import { readXmlTexts } from '../strangers/read-xml-texts.ts';
import { sanitizeText } from '../strangers/sanitize-text.ts';

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
