/**
 * What tells kinds of devices apart, as data. A rule fits by vendor, text, announced type or open service; every rule
 * that fits adds its weight to its kind. Weights: 6 settles it, 4 is strong, 2 is a hint, 1 breaks ties. A maker of
 * one kind of thing is strong evidence, a maker of everything is none; what a device says of itself beats its maker.
 */
import type { HostKind } from '@sidegate/protocol';
import type { ObservedField } from './observation.ts';

/** One rule; see the top of this file. */
export interface KindRule {
  readonly kind: HostKind;
  readonly weight: number;
  readonly why: string;
  readonly vendor?: RegExp;
  readonly service?: RegExp;
  readonly fields?: readonly ObservedField[];
  readonly pattern?: RegExp;
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
  'upnp-name',
  'upnp-maker',
  'upnp-model',
  'ssdp-server',
  'onvif-name',
  'onvif-model',
  'netbios-name',
];
const byVendor = (kind: HostKind, vendor: RegExp, weight = 4): KindRule => ({
  kind,
  weight,
  vendor,
  why: 'vendor',
});
const byText = (kind: HostKind, pattern: RegExp, weight = 4): KindRule => ({
  kind,
  weight,
  pattern,
  fields: TEXT_FIELDS,
  why: 'what it says of itself',
});
const byType = (kind: HostKind, pattern: RegExp, weight = 5): KindRule => ({
  kind,
  weight,
  pattern,
  fields: ['mdns-type', 'upnp-type', 'wsd-type'],
  why: 'announced service',
});
const byService = (kind: HostKind, service: RegExp, weight: number): KindRule => ({
  kind,
  weight,
  service,
  why: 'open service',
});

const CAMERAS: readonly KindRule[] = [
  byService('camera', /^rtsp$/, 5),
  byService('camera', /^(dahua|xmeye)$/, 5),
  byVendor(
    'camera',
    /hikvision|dahua|axis communications|reolink|hanwha|vivotek|mobotix|amcrest|ezviz|uniview|foscam|wyze|arlo|lorex|milesight|avigilon|bosch security|blink by amazon/i,
  ),
  byText(
    'camera',
    /ip ?cam(era)?|webcam|network ?camera|\bnvr\b|\bdvr\b|hikvision|dahua|app-webs|\bipc-|reolink|surveillance|mobotix/i,
  ),
  byType('camera', /_axis-video|_rtsp|networkvideotransmitter|digitalsecuritycamera/i, 6),
  // A door bell streams as cameras do: it outweighs them.
  byText('doorbell', /door ?-?bell|doorbird|video ?door|intercom|door ?station|\bvto\b|\bds-kv/i, 10),
  byType('doorbell', /_axis-doorstation|_doorbird/i, 10),
  byVendor('doorbell', /bird home automation|ring llc|2n telekom|aiphone|\bcomelit/i, 8),
];

const PRINTERS: readonly KindRule[] = [
  byService('printer', /^(ipp|ipps|printer|jetdirect)$/, 5),
  byVendor('printer', /brother industries|canon inc|seiko epson|lexmark|kyocera|xerox|ricoh|zebra tech/i),
  byText(
    'printer',
    /printer|laserjet|officejet|deskjet|\bepson\b|\bhl-[a-z]?\d|ecosys|imageclass|pixma|workforce|octoprint|prusalink/i,
  ),
  byType('printer', /_ipps?\._tcp|_printer\._tcp|_pdl-datastream|_octoprint|device:printer|printdevicetype/i),
];

const STORAGE: readonly KindRule[] = [
  byVendor('nas', /synology|qnap|asustor|western digital|buffalo|drobo|ixsystems/i),
  byText(
    'nas',
    /diskstation|synology|qnap|\bnas\b|truenas|freenas|openmediavault|readynas|my ?cloud|unraid|terramaster|linkstation/i,
  ),
  byService('nas', /^(nfs|afpovertcp)$/, 3),
  byService('nas', /^microsoft-ds$/, 1),
];

const NETWORK: readonly KindRule[] = [
  byVendor(
    'router',
    /mikrotik|ubiquiti|tp-link|netgear|asustek|d-link|zyxel|avm |cisco|juniper|linksys|openwrt|tenda|fortinet|eero|aruba|ruckus|draytek|netgate/i,
    2,
  ),
  byText(
    'router',
    /router|openwrt|luci|fritz!?box|routeros|webfig|unifi|edgeos|gateway|dsl|speedport|pfsense|opnsense|livebox|easybox|access ?point|deco |orbi\b|draytek|vigor/i,
    3,
  ),
  byType('router', /internetgatewaydevice|wlanaccesspoint|_airport/i, 6),
  byService('router', /^(domain|winbox|bgp)$/, 3),
  // Bridges that speak of gateways are modems first.
  byText('modem', /cable ?modem|\bmodem\b|docsis|\bont\b|gpon|surfboard|connect ?box/i, 7),
  byVendor('modem', /arris|technicolor|sagemcom|sercomm|hitron|compal broadband/i, 3),
];

const PEOPLE: readonly KindRule[] = [
  byService('phone', /^iphone-sync$/, 6),
  byText(
    'phone',
    /iphone|ipad|android(?! ?tv)|galaxy|pixel|oneplus|redmi|\bphone\b|yealink|snom|grandstream|polycom|cisco ip phone/i,
  ),
  byVendor('phone', /yealink|snom tech|grandstream|polycom|oneplus|xiaomi communications|fairphone/i, 4),
  byService('phone', /^sip$/, 2),
  { kind: 'phone', weight: 1, randomMac: true, why: 'a made-up hardware address, as phones have' },
  byText('computer', /desktop|laptop|macbook|imac\b|mac ?mini|thinkpad|windows|\bwin(10|11)\b|chromebook/i),
  byService('computer', /^(ms-wbt-server|vnc)$/, 3),
  byType('computer', /_workstation|_companion-link/, 2),
  byType('computer', /pub:computer|\bcomputer$/i, 4),
  byVendor('computer', /intel corporate|dell|lenovo|hewlett packard|apple|micro-star|gigabyte/i, 1),
];

const ENTERTAINMENT: readonly KindRule[] = [
  byText(
    'tv',
    /\btv\b|bravia|webos|roku|chromecast|android ?tv|shield|fire ?stick|apple ?tv|\bkodi\b|tizen|viera|aquos|set-?top|vu\+|dreambox|enigma/i,
  ),
  byType('tv', /_googlecast|_androidtvremote|_roku|_amzn-wplay|dial-multiscreen|tvdevice/i, 4),
  byType('tv', /mediarenderer/i, 1),
  byVendor('tv', /roku|tcl king|hisense|vizio|panasonic entertainment/i, 3),
  byType('speaker', /_sonos|_spotify-connect|_raop|zoneplayer/i, 4),
  byVendor('speaker', /sonos|bose|harman|denon|bang & olufsen|sound united/i),
  byText(
    'speaker',
    /sonos|homepod|\becho\b|speaker|soundbar|\bheos\b|musiccast|nest (mini|audio)|squeezebox/i,
    5,
  ),
  byText('console', /playstation|\bps[345]\b|xbox|nintendo|steam ?deck/i, 8),
  byVendor('console', /nintendo|sony interactive/i, 6),
  byType('console', /xbox|_nintendo/i, 6),
];

const HOUSE: readonly KindRule[] = [
  byText(
    'energy',
    /inverter|fronius|solaredge|\bsma\b|sunny ?(boy|tripower|webbox|home ?manager)|kostal|plenticore|huawei sun|growatt|goodwe|enphase|envoy|solar|photovoltaic|heat ?pump|nibe|vaillant|viessmann|vitoconnect|stiebel|\bisg\b|daikin|luxtronik|wolf ism|powerwall|victron|venus ?gx|wall ?box|go-?e ?charger|keba|easee|openevse|\bevse\b|shelly ?(pro)? ?3?em\b|energy ?meter|smart ?meter|discovergy|powerfox/i,
    7,
  ),
  byVendor(
    'energy',
    /fronius|solaredge|sma solar|kostal|enphase|growatt|goodwe|sungrow|victron|nibe|vaillant|viessmann|stiebel|alpha ?innotec|keba|easee|go-e gmbh|wallbox|tesla/i,
    6,
  ),
  byType('energy', /_fronius|_enphase-envoy|_wallbe|_go-e|_sma|_victron|_solaredge/i, 7),
  byService('energy', /^modbus$/, 4),
  byVendor(
    'iot',
    /espressif|tuya|shelly|sonoff|itead|philips lighting|signify|nest labs|ecobee|allterco|texas instruments|irobot|roborock|lifx|nanoleaf|netatmo|tado|eq-3/i,
    3,
  ),
  byType('iot', /_hap\.|_esphomelib|_hue|_shelly|_matter|_mqtt|_lifx|_nanoleafapi|_miio|_wled/i, 4),
  byText(
    'iot',
    /shelly|tasmota|esphome|\bhue\b|sonoff|thermostat|smart ?plug|home assistant|homematic|\bccu[23]\b|raspberrymatic|zigbee|roomba|roborock|vacuum|nanoleaf|wled|tado|netatmo|loxone|\bknx\b|openhab|fhem|philips-bridge/i,
  ),
  byService('iot', /^(opcua|mqtts?|esphome)$/, 3),
];

const SERVERS: readonly KindRule[] = [
  byVendor('server', /supermicro|vmware|proxmox|raspberry/i, 2),
  byService('server', /^ssh$/, 1),
  byText(
    'server',
    /proxmox|esxi|idrac|\bilo\b|supermicro|\bipmi\b|portainer|plex media server|pi-?hole|adguard/i,
    5,
  ),
  byText('server', /ubuntu|debian|nginx|apache|raspberry/i, 1),
];

/** All of them; where two kinds weigh the same, the one that comes first here wins. */
export const KIND_RULES: readonly KindRule[] = [
  ...CAMERAS,
  ...PRINTERS,
  ...STORAGE,
  ...NETWORK,
  ...PEOPLE,
  ...ENTERTAINMENT,
  ...HOUSE,
  ...SERVERS,
];
