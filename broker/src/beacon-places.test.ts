import type { Ip } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { findPublicPlaces, planListening } from './beacon-places.ts';
import { parseConfig } from './config.ts';

const listening = (udp: string, canIp6 = true) =>
  planListening(parseConfig({ flags: { udp } }), canIp6).map(
    ({ beaconIndex, address, port }) => `${beaconIndex} ${address} ${port}`,
  );
const INVALID = expect.objectContaining({ code: 'CONFIG_INVALID' });

describe('beacons listen', () => {
  test('each on one address, or on one of each family', () => {
    expect(listening('192.0.2.1:1+[2001:db8::1]:2,192.0.2.2:3,[2001:db8::2]:4')).toEqual([
      '0 192.0.2.1 1',
      '0 2001:db8::1 2',
      '1 192.0.2.2 3',
      '2 2001:db8::2 4',
    ]);
  });

  test('on IPv6 where the machine has it, and without it elsewhere', () => {
    expect(listening('0.0.0.0:7382+[::]:7382')).toEqual(['0 0.0.0.0 7382', '0 :: 7382']);
    expect(listening('0.0.0.0:7382+[::]:7382', false)).toEqual(['0 0.0.0.0 7382']);
    expect(listening('[::]:7382', false)).toEqual(['0 :: 7382']);
  });

  test.each(['192.0.2.1:1+192.0.2.2:2', 'broker.example:1'])('not on %s', (udp) => {
    expect(() => listening(udp)).toThrow(INVALID);
  });

  test('not on three addresses with one key', () => {
    expect(() => parseConfig({ flags: { udp: '192.0.2.1:1+[::1]:1+192.0.2.3:1' } })).toThrow(INVALID);
  });
});

describe('nodes find beacons', () => {
  const find = (udp: string, publicUdp: string | undefined, url = 'http://192.0.2.9') => {
    const config = parseConfig({ flags: { udp, ...(publicUdp === undefined ? {} : { publicUdp }) } });
    const bound = planListening(config, true).map((place) => ({ ...place, port: place.port + 1000 }));
    return findPublicPlaces(config, url, bound);
  };
  const at = (address: string, port: number) => ({ address: address as Ip, port });

  test('where they listen, with the port they got', async () => {
    expect(await find('192.0.2.1:1+[2001:db8::1]:2', undefined)).toEqual([
      [at('192.0.2.1', 1001), at('2001:db8::1', 1002)],
    ]);
  });

  test('at the host of the public URL where they listen on every address of a family', async () => {
    expect(await find('0.0.0.0:1+[::]:1', undefined)).toEqual([[at('192.0.2.9', 1001)]]);
    expect(await find('0.0.0.0:1+[::]:1', undefined, 'http://[2001:db8::9]')).toEqual([
      [at('2001:db8::9', 1001)],
    ]);
  });

  test('where the settings say, and only over families that they listen on', async () => {
    expect(await find('10.0.0.1:1,10.0.0.2:1', '192.0.2.1:7+[2001:db8::1]:7,192.0.2.2:8')).toEqual([
      [at('192.0.2.1', 7)],
      [at('192.0.2.2', 8)],
    ]);
    await expect(find('10.0.0.1:1', '[2001:db8::1]:7')).rejects.toThrow(INVALID);
  });
});
