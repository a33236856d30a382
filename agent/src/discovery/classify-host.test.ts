import type { HostService } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { classifyHost, type HostTraits } from './classify-host.ts';
import type { ObservedField } from './observation.ts';

const tcp = (name: string, port: number): HostService => ({ protocol: 'tcp', port, name });
const traits = (
  services: readonly HostService[],
  vendor?: string,
  fields: Partial<Record<ObservedField, string>> = {},
  isRandomMac = false,
): HostTraits => ({
  services,
  isRandomMac,
  fields: new Map(Object.entries(fields).map(([field, text]) => [field as ObservedField, [text]])),
  ...(vendor === undefined ? {} : { vendor }),
});

describe('classifyHost', () => {
  it.each([
    ['camera', traits([tcp('http', 80), tcp('rtsp', 554)], 'Hangzhou Hikvision Digital Technology')],
    ['camera', traits([tcp('http', 80)], undefined, { 'http-title': 'IP CAMERA' })],
    ['printer', traits([tcp('ipp', 631)], 'Brother Industries, LTD.')],
    ['printer', traits([tcp('http', 80), tcp('jetdirect', 9100)], 'Hewlett Packard')],
    ['nas', traits([tcp('ssh', 22), tcp('https', 443)], 'Synology Incorporated')],
    ['router', traits([tcp('domain', 53), tcp('http', 80)], 'TP-LINK TECHNOLOGIES CO.,LTD.')],
    ['phone', traits([], undefined, {}, true)],
    ['phone', traits([tcp('iphone-sync', 62_078)], 'Apple, Inc.')],
    ['tv', traits([], undefined, { 'mdns-type': '_googlecast._tcp' })],
    ['iot', traits([], 'Espressif Inc.')],
    ['server', traits([tcp('ssh', 22)], 'Raspberry Pi Trading Ltd')],
    ['unknown', traits([])],
  ])('%s', (kind, host) => {
    expect(classifyHost(host).kind).toBe(kind);
  });

  it('says why', () => {
    const { why } = classifyHost(traits([tcp('rtsp', 554)], 'Hikvision'));
    expect(why).toBe('open service: rtsp on 554; vendor: Hikvision');
  });
});
