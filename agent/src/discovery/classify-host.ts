/** What a device is, from rules as data. Every rule that fits adds its weight; the heaviest kind wins and says why. */
import type { HostKind, HostService } from '@sidegate/protocol';
import type { ObservedField } from './observation.ts';

/** What the rules look at. */
export interface HostTraits {
  readonly vendor?: string;
  readonly isRandomMac: boolean;
  readonly services: readonly HostService[];
  /** Values of observed fields; several where several were seen. */
  readonly fields: ReadonlyMap<ObservedField, readonly string[]>;
}

interface Rule {
  readonly kind: HostKind;
  readonly weight: number;
  readonly why: string;
  readonly vendor?: RegExp;
  readonly service?: RegExp;
  readonly fields?: readonly ObservedField[];
  readonly pattern?: RegExp;
  readonly port?: number;
  readonly randomMac?: true;
}

const TEXT_FIELDS: readonly ObservedField[] = [
  'http-title',
  'http-server',
  'rtsp-server',
  'tls-subject',
  'mdns-name',
  'mdns-host',
  'mdns-model',
  'lease-name',
];
const byVendor = (kind: HostKind, vendor: RegExp, weight = 4): Rule => ({
  kind,
  weight,
  vendor,
  why: 'vendor',
});
const byText = (kind: HostKind, pattern: RegExp, weight = 4): Rule => ({
  kind,
  weight,
  pattern,
  fields: TEXT_FIELDS,
  why: 'what it says of itself',
});
const byType = (kind: HostKind, pattern: RegExp, weight = 5): Rule => ({
  kind,
  weight,
  pattern,
  fields: ['mdns-type'],
  why: 'announced service',
});
const byService = (kind: HostKind, service: RegExp, weight: number): Rule => ({
  kind,
  weight,
  service,
  why: 'open service',
});

/** Weights: 6 settles it, 4 is strong, 2 is a hint, 1 breaks ties. */
const RULES: readonly Rule[] = [
  byService('camera', /^rtsp$/, 5),
  byService('camera', /^(dahua|xmeye)$/, 5),
  byVendor(
    'camera',
    /hikvision|dahua|axis communications|reolink|hanwha|vivotek|mobotix|amcrest|ezviz|uniview|foscam|wyze/i,
  ),
  byText('camera', /ip ?cam(era)?|webcam|network camera|\bnvr\b|\bdvr\b|hikvision|dahua|app-webs/i),
  byType('camera', /_axis-video|_rtsp/),
  byService('printer', /^(ipp|ipps|printer|jetdirect)$/, 5),
  byVendor('printer', /brother industries|canon inc|seiko epson|lexmark|kyocera|xerox|ricoh|zebra tech/i),
  byText('printer', /printer|laserjet|officejet|deskjet|\bepson\b|\bhl-[a-z]?\d|ecosys|imageclass|pixma/i),
  byType('printer', /_ipps?\._tcp|_printer\._tcp|_pdl-datastream/),
  byVendor('nas', /synology|qnap|asustor|western digital|buffalo|drobo|ixsystems/i),
  byText('nas', /diskstation|synology|qnap|\bnas\b|truenas|freenas|openmediavault|readynas|my ?cloud/i),
  byService('nas', /^(nfs|afpovertcp)$/, 3),
  byService('nas', /^microsoft-ds$/, 1),
  byVendor(
    'router',
    /mikrotik|ubiquiti|tp-link|netgear|asustek|d-link|zyxel|avm |cisco|juniper|linksys|openwrt|tenda|fortinet/i,
    2,
  ),
  byText('router', /router|openwrt|luci|fritz!?box|routeros|webfig|unifi|edgeos|gateway|dsl|speedport/i, 3),
  byService('router', /^(domain|winbox|bgp)$/, 3),
  byText('modem', /cable ?modem|\bmodem\b|docsis|\bont\b|gpon/i, 5),
  byVendor('modem', /arris|technicolor|sagemcom|sercomm/i, 3),
  byService('phone', /^iphone-sync$/, 6),
  byText('phone', /iphone|android|galaxy|pixel|oneplus|redmi|\bphone\b/i),
  { kind: 'phone', weight: 1, randomMac: true, why: 'a made-up hardware address, as phones have' },
  byText('tv', /\btv\b|bravia|webos|roku|chromecast|android ?tv|shield|fire ?stick|apple ?tv/i),
  byType('tv', /_googlecast|_androidtvremote|_roku|_amzn-wplay/, 4),
  byVendor('tv', /roku|tcl king|hisense|vizio/i, 3),
  byType('speaker', /_sonos|_spotify-connect|_raop/, 4),
  byVendor('speaker', /sonos|bose|harman|denon|bang & olufsen/i),
  byText('speaker', /sonos|homepod|echo|speaker|soundbar/i),
  byVendor(
    'iot',
    /espressif|tuya|shelly|sonoff|itead|philips lighting|signify|nest labs|ecobee|allterco|texas instruments/i,
    3,
  ),
  byType('iot', /_hap\.|_esphomelib|_hue|_shelly|_matter|_mqtt/, 4),
  byText('iot', /shelly|tasmota|esphome|\bhue\b|sonoff|thermostat|inverter|smart ?plug|home assistant/i),
  byService('iot', /^(modbus|opcua|mqtts?)$/, 3),
  byText('computer', /desktop|laptop|macbook|imac|thinkpad|windows/i),
  byService('computer', /^(ms-wbt-server|vnc)$/, 3),
  byType('computer', /_workstation|_companion-link/, 2),
  byVendor('computer', /intel corporate|dell|lenovo|hewlett packard|apple|micro-star|gigabyte/i, 1),
  byVendor('server', /supermicro|vmware|proxmox|raspberry/i, 2),
  byService('server', /^ssh$/, 1),
  byText('server', /proxmox|esxi|idrac|\bilo\b|ubuntu|debian|nginx|apache/i, 1),
];

const matches = (rule: Rule, traits: HostTraits): string | undefined => {
  if (rule.randomMac) return traits.isRandomMac ? 'random' : undefined;
  if (rule.vendor !== undefined) return rule.vendor.test(traits.vendor ?? '') ? traits.vendor : undefined;
  if (rule.service !== undefined) {
    const found = traits.services.find(({ name }) => rule.service!.test(name));
    return found && `${found.name} on ${found.port}`;
  }
  for (const field of rule.fields ?? []) {
    const value = traits.fields.get(field)?.find((text) => rule.pattern!.test(text));
    if (value !== undefined) return value;
  }
  return undefined;
};

/** The kind, and the reasons in one sentence; `unknown` without a reason where no rule fits. */
export const classifyHost = (traits: HostTraits): { readonly kind: HostKind; readonly why: string } => {
  const scores = new Map<HostKind, { weight: number; reasons: string[] }>();
  for (const rule of RULES) {
    const match = matches(rule, traits);
    if (match === undefined) continue;
    const score = scores.get(rule.kind) ?? { weight: 0, reasons: [] };
    score.weight += rule.weight;
    score.reasons.push(`${rule.why}: ${match}`);
    scores.set(rule.kind, score);
  }
  const [best] = [...scores].sort(([, one], [, other]) => other.weight - one.weight);
  if (best === undefined) return { kind: 'unknown', why: '' };
  return { kind: best[0], why: best[1].reasons.slice(0, 3).join('; ') };
};
