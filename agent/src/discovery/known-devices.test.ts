/** What devices really say of themselves, and what they are: one row a device. */
import type { HostKind, HostService } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { classifyHost, type HostTraits } from './classify-host.ts';
import { KIND_RULES, type KindRule } from './kind-rules.ts';
import type { ObservedField } from './observation.ts';
import { serviceName } from './service-names.ts';

interface Device {
  readonly vendor?: string;
  readonly ports?: readonly number[];
  readonly says?: Readonly<Partial<Record<ObservedField, string>>>;
}

const DEVICES: readonly (readonly [device: string, kind: HostKind, traits: Device])[] = [
  [
    'Hikvision camera',
    'camera',
    { vendor: 'Hangzhou Hikvision Digital Technology Co.,Ltd.', ports: [80, 554, 8000] },
  ],
  ['Dahua camera', 'camera', { vendor: 'Zhejiang Dahua Technology Co., Ltd.', ports: [80, 554, 37_777] }],
  [
    'Axis camera',
    'camera',
    { vendor: 'Axis Communications AB', ports: [80], says: { 'mdns-type': '_axis-video._tcp' } },
  ],
  ['Reolink camera', 'camera', { ports: [443, 554, 9000], says: { 'http-title': 'Reolink' } }],
  [
    'camera that speaks only ONVIF',
    'camera',
    { says: { 'wsd-type': 'NetworkVideoTransmitter', 'onvif-model': 'C200' } },
  ],
  ['XMEye recorder', 'camera', { ports: [80, 34_567], says: { 'http-title': 'NETSurveillance WEB' } }],
  [
    'DoorBird',
    'doorbell',
    { vendor: 'Bird Home Automation GmbH', ports: [80, 554], says: { 'mdns-name': 'DoorBird D101' } },
  ],
  ['Ring door bell', 'doorbell', { says: { 'lease-name': 'Ring-Doorbell-Pro' } }],
  [
    'Hikvision door station',
    'doorbell',
    { vendor: 'Hikvision', ports: [80, 554], says: { 'onvif-model': 'DS-KV6113' } },
  ],
  ['Brother laser printer', 'printer', { vendor: 'Brother Industries, LTD.', ports: [80, 631, 9100] }],
  [
    'HP OfficeJet',
    'printer',
    { vendor: 'Hewlett Packard', ports: [80, 9100], says: { 'http-title': 'HP OfficeJet Pro 8020' } },
  ],
  ['printer by WS-Discovery', 'printer', { says: { 'wsd-type': 'PrintDeviceType' } }],
  [
    'OctoPrint',
    'printer',
    { vendor: 'Raspberry Pi Trading Ltd', ports: [22, 80], says: { 'http-title': 'OctoPrint' } },
  ],
  ['Synology DiskStation', 'nas', { vendor: 'Synology Incorporated', ports: [22, 445, 5000, 5001] }],
  ['QNAP', 'nas', { ports: [8080, 445], says: { 'http-title': 'QNAP Turbo NAS' } }],
  ['TrueNAS', 'nas', { ports: [22, 80, 445, 2049], says: { 'http-title': 'TrueNAS - login' } }],
  [
    'FRITZ!Box',
    'router',
    { vendor: 'AVM Audiovisuelle Marketing', ports: [53, 80, 443], says: { 'http-title': 'FRITZ!Box' } },
  ],
  ['OpenWrt', 'router', { ports: [22, 53, 80], says: { 'http-title': 'OpenWrt - LuCI' } }],
  [
    'MikroTik',
    'router',
    {
      vendor: 'Routerboard.com',
      ports: [80, 8291],
      says: { 'http-title': 'RouterOS router configuration page' },
    },
  ],
  ['router by UPnP', 'router', { says: { 'upnp-type': 'InternetGatewayDevice', 'upnp-model': 'TL-WR841N' } }],
  [
    'UniFi access point',
    'router',
    { vendor: 'Ubiquiti Inc', ports: [22], says: { 'lease-name': 'UniFi-AP-Flur' } },
  ],
  ['pfSense', 'router', { ports: [53, 443], says: { 'http-title': 'pfSense - Login' } }],
  [
    'cable modem',
    'modem',
    { vendor: 'ARRIS Group, Inc.', ports: [80], says: { 'http-title': 'SURFboard cable modem' } },
  ],
  ['fibre modem', 'modem', { ports: [80], says: { 'http-title': 'GPON ONT' } }],
  ['iPhone', 'phone', { vendor: 'Apple, Inc.', ports: [62_078] }],
  ['Galaxy phone', 'phone', { says: { 'lease-name': 'Galaxy-S23' } }],
  [
    'Yealink desk phone',
    'phone',
    { vendor: 'YEALINK(XIAMEN) NETWORK TECHNOLOGY CO.,LTD.', ports: [80, 5060] },
  ],
  [
    'Windows computer',
    'computer',
    { vendor: 'Intel Corporate', ports: [139, 445, 3389], says: { 'netbios-name': 'DESKTOP-7QK2L1' } },
  ],
  ['Windows by WS-Discovery', 'computer', { says: { 'wsd-type': 'Computer', 'netbios-name': 'BUERO' } }],
  [
    'MacBook',
    'computer',
    { vendor: 'Apple, Inc.', ports: [5900], says: { 'mdns-name': "Ada's MacBook Pro" } },
  ],
  [
    'Chromecast',
    'tv',
    {
      vendor: 'Google, Inc.',
      ports: [8008, 8009],
      says: { 'mdns-type': '_googlecast._tcp', 'mdns-model': 'Chromecast' },
    },
  ],
  ['LG television', 'tv', { vendor: 'LG Innotek', says: { 'upnp-name': '[LG] webOS TV OLED55' } }],
  [
    'Samsung television',
    'tv',
    {
      says: {
        'upnp-model': 'UE55',
        'ssdp-server': 'SHP, UPnP/1.0, Samsung UPnP SDK/1.0',
        'upnp-name': '[TV] Samsung 7',
      },
    },
  ],
  ['Roku', 'tv', { vendor: 'Roku, Inc', ports: [8060], says: { 'ssdp-server': 'Roku/9.3 UPnP/1.0' } }],
  ['Sonos', 'speaker', { vendor: 'Sonos, Inc.', ports: [1400], says: { 'upnp-type': 'ZonePlayer' } }],
  ['Echo', 'speaker', { vendor: 'Amazon Technologies Inc.', says: { 'lease-name': 'Echo-Dot' } }],
  [
    'PlayStation',
    'console',
    { vendor: 'Sony Interactive Entertainment Inc.', says: { 'lease-name': 'PS5-4B2' } },
  ],
  ['Xbox', 'console', { vendor: 'Microsoft Corporation', says: { 'upnp-model': 'Xbox One' } }],
  ['Nintendo Switch', 'console', { vendor: 'Nintendo Co.,Ltd' }],
  ['Fronius inverter', 'energy', { ports: [80, 502], says: { 'mdns-type': '_Fronius-SE-Inverter._tcp' } }],
  ['SMA inverter', 'energy', { vendor: 'SMA Solar Technology AG', ports: [443, 502] }],
  [
    'Enphase gateway',
    'energy',
    { ports: [80, 443], says: { 'http-title': 'Enphase Envoy', 'mdns-type': '_enphase-envoy._tcp' } },
  ],
  ['heat pump', 'energy', { vendor: 'NIBE AB', ports: [80, 502] }],
  [
    'Stiebel Eltron ISG',
    'energy',
    { ports: [80], says: { 'http-title': 'STIEBEL ELTRON Internet Service Gateway' } },
  ],
  [
    'wallbox',
    'energy',
    { vendor: 'Espressif Inc.', ports: [80], says: { 'mdns-name': 'go-eCharger_011223' } },
  ],
  [
    'Victron',
    'energy',
    { vendor: 'Raspberry Pi Trading Ltd', ports: [22, 80, 502, 1883], says: { 'http-title': 'Venus GX' } },
  ],
  ['ESP32', 'iot', { vendor: 'Espressif Inc.' }],
  ['Shelly plug', 'iot', { vendor: 'Espressif Inc.', ports: [80], says: { 'mdns-type': '_shelly._tcp' } }],
  [
    'Tasmota',
    'iot',
    { ports: [80], says: { 'http-title': 'Tasmota', 'http-server': 'Tasmota/13.1 (ESP8266EX)' } },
  ],
  [
    'Hue bridge',
    'iot',
    {
      vendor: 'Signify B.V.',
      ports: [80, 443],
      says: { 'upnp-model': 'Philips hue bridge 2015', 'upnp-type': 'Basic' },
    },
  ],
  ['HomeMatic', 'iot', { ports: [80], says: { 'http-title': 'HomeMatic WebUI' } }],
  [
    'Home Assistant',
    'iot',
    { vendor: 'Raspberry Pi Trading Ltd', ports: [8123], says: { 'http-title': 'Home Assistant' } },
  ],
  [
    'robot vacuum',
    'iot',
    { vendor: 'Beijing Roborock Technology Co., Ltd.', says: { 'lease-name': 'roborock-vacuum-a15' } },
  ],
  ['Raspberry Pi', 'server', { vendor: 'Raspberry Pi Trading Ltd', ports: [22] }],
  [
    'Proxmox',
    'server',
    { vendor: 'Super Micro Computer, Inc.', ports: [22, 8006], says: { 'tls-subject': 'pve.proxmox.local' } },
  ],
  ['Pi-hole', 'server', { ports: [22, 53, 80], says: { 'http-title': 'Pi-hole' } }],
  ['Axis door station', 'doorbell', { ports: [80, 554], says: { 'mdns-type': '_axis-doorstation._tcp' } }],
  ['Linux desktop', 'computer', { ports: [22], says: { 'mdns-type': '_workstation._tcp' } }],
  ['media renderer', 'tv', { says: { 'upnp-type': 'MediaRenderer' } }],
  ['Xbox by UPnP', 'console', { says: { 'upnp-type': 'XboxGameConsole' } }],
  ['MQTT sensor', 'iot', { ports: [1883] }],
  [
    'Ubuntu server',
    'server',
    { ports: [22], says: { 'ssh-banner': 'SSH-2.0-OpenSSH', 'http-server': 'nginx' } },
  ],
];

const traitsOf = ({ vendor, ports = [], says = {} }: Device): HostTraits => ({
  services: ports.map((port): HostService => ({ protocol: 'tcp', port, name: serviceName(port) })),
  fields: new Map(Object.entries(says).map(([field, text]) => [field as ObservedField, [text]])),
  isRandomMac: false,
  ...(vendor === undefined ? {} : { vendor }),
});

describe('what a device is', () => {
  it.each(DEVICES)('%s: %s', (_device, kind, device) => {
    const told = classifyHost(traitsOf(device));
    expect(told.kind, told.why).toBe(kind);
  });

  it('needs every rule for some device', () => {
    const isNeeded = (rule: KindRule) =>
      rule.randomMac === true ||
      DEVICES.some(
        ([, kind, device]) => kind === rule.kind && classifyHost(traitsOf(device), [rule]).why !== '',
      );
    const idle = KIND_RULES.filter((rule) => !isNeeded(rule));
    expect(
      idle.map(({ kind, vendor, service, pattern }) => `${kind} ${vendor ?? service ?? pattern}`),
    ).toEqual([]);
  });
});
