import type { HostService } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { suggestPublications } from './suggest-publications.ts';

const tcp = (name: string, port: number, scheme?: 'http' | 'https'): HostService => ({
  protocol: 'tcp',
  port,
  name,
  ...(scheme === undefined ? {} : { scheme }),
});
const say = (...args: Parameters<typeof suggestPublications>) =>
  suggestPublications(...args).map(({ label, port }) => `${label} on ${port}`);

describe('suggestPublications', () => {
  it.each([
    ['camera', [tcp('rtsp', 554), tcp('http', 80)], ['Web interface on 80', 'Video on 554']],
    [
      'printer',
      [tcp('ipp', 631, 'http'), tcp('jetdirect', 9100)],
      ['Printing on 631', 'Raw printing on 9100'],
    ],
    [
      'computer',
      [tcp('microsoft-ds', 445), tcp('ms-wbt-server', 3389)],
      ['Remote desktop on 3389', 'Files on 445'],
    ],
    ['nas', [tcp('ssh', 22), tcp('https', 5001)], ['Web interface (TLS) on 5001', 'Terminal on 22']],
    [
      'energy',
      [tcp('modbus', 502), tcp('tcp-8899', 8899, 'http')],
      ['Web interface on 8899', 'Measured values on 502'],
    ],
    ['phone', [tcp('iphone-sync', 62_078)], []],
  ] as const)('%s', (kind, services, expected) => {
    expect(say(kind, services)).toEqual(expected);
  });

  it('names one web interface, and no more than four services', () => {
    const all = [
      tcp('http', 8080),
      tcp('http', 80),
      tcp('https', 443),
      tcp('rtsp', 554),
      tcp('ssh', 22),
      tcp('vnc', 5900),
    ];
    const labels = say('unknown', all);
    expect(labels).toHaveLength(4);
    expect(labels[0]).toBe('Web interface on 80');
  });
});
