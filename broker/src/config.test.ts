import { describe, expect, test } from 'vitest';
import { environmentNameOf, parseConfig, parseHostPort, publicUrlOf } from './config.ts';

describe('settings', () => {
  test('have defaults', () => {
    expect(parseConfig({})).toMatchObject({
      http: { host: '127.0.0.1', port: 8080 },
      udp: [
        [
          { host: '0.0.0.0', port: 7382 },
          { host: '::', port: 7382 },
        ],
      ],
      baseDomain: 'sidegate.internal',
      checkInSec: 60,
      trustProxy: false,
    });
  });

  test('come from file, environment and command line, the later the stronger', () => {
    const config = parseConfig({
      file: { baseDomain: 'file.example', checkInSec: 30, udp: ['0.0.0.0:1', '0.0.0.0:2'] },
      environment: {
        SIDEGATE_BROKER_BASE_DOMAIN: 'environment.example',
        SIDEGATE_BROKER_TRUST_PROXY: 'true',
      },
      flags: { baseDomain: 'flag.example' },
    });
    expect(config).toMatchObject({ baseDomain: 'flag.example', checkInSec: 30, trustProxy: true });
    expect(config.udp.map(([place]) => place?.port)).toEqual([1, 2]);
  });

  test.each([
    ['http', { http: 'localhost' }],
    ['udp', { udp: '0.0.0.0:7382,nonsense' }],
    ['publicUrl', { publicUrl: 'ftp://example.com' }],
    ['checkInSec', { checkInSec: 1 }],
    ['edgeUrl', { edgeUrl: 'http://fixed.example/' }],
    ['database', { database: 'mysql://x' }],
    ['tlsCert', { tlsCert: 'cert.pem' }],
    ['typo', { typo: 1 } as never],
  ])('that are wrong are named: %s', (field, flags) => {
    expect(() => parseConfig({ flags })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field: expect.stringContaining(field) }),
    );
  });

  test('are written in the environment in capitals', () => {
    expect(environmentNameOf('publicUdp')).toBe('SIDEGATE_BROKER_PUBLIC_UDP');
  });
});

test('the public URL has no slash at its end, and is guessed from the address', () => {
  expect(publicUrlOf(parseConfig({ flags: { publicUrl: 'https://broker.example.com/' } }))).toBe(
    'https://broker.example.com',
  );
  expect(publicUrlOf(parseConfig({ flags: { http: '[::1]:8080' } }))).toBe('http://[::1]:8080');
});

test('hosts and ports are split', () => {
  expect(parseHostPort('[2001:db8::7]:80')).toEqual({ host: '2001:db8::7', port: 80 });
  expect(parseHostPort('broker.example.com:80')).toEqual({ host: 'broker.example.com', port: 80 });
  for (const text of ['', ':80', 'a:', 'a:99999', '2001:db8::7:80'])
    expect(parseHostPort(text)).toBeUndefined();
});
