/** The name that is shown for a device: a person's, else the best one that it has said, else its address. */
import type { Ip, Mac } from '@sidegate/protocol';
import type { ObservedField } from './observation.ts';

/** Best first. A title is what a web page calls itself, which is often less than a name. */
const NAME_FIELDS: readonly ObservedField[] = [
  'mdns-name',
  'upnp-name',
  'lease-name',
  'netbios-name',
  'mdns-host',
  'onvif-name',
  'http-title',
  'tls-subject',
];

/** Titles and names that tell nothing: what web servers and lease files say when they have nothing to say. */
const EMPTY_WORDS =
  /^(\*|index|home|login|log in|sign in|welcome|untitled|document|web ?server|index of \/|localhost(\..*)?|unknown|default.*|test page.*|4\d\d .*|5\d\d .*|redirect.*|moved.*|error.*|it works!?|(\d{1,3}\.){3}\d{1,3})$/i;

/** `kitchen.local` to `kitchen`: the home's domain is noise in a list of the home. */
const stripDomain = (name: string): string => name.replace(/\.(local|lan|home|home\.arpa|internal)\.?$/i, '');

/** The name to show. */
export const nameHost = (host: {
  readonly givenName?: string | undefined;
  readonly fields: ReadonlyMap<ObservedField, readonly string[]>;
  readonly address?: Ip | undefined;
  readonly mac?: Mac | undefined;
}): string => {
  if (host.givenName !== undefined && host.givenName !== '') return host.givenName;
  for (const field of NAME_FIELDS) {
    const name = host.fields
      .get(field)
      ?.map(stripDomain)
      .find((text) => !EMPTY_WORDS.test(text));
    if (name !== undefined) return name;
  }
  return host.address ?? host.mac ?? 'unknown';
};
