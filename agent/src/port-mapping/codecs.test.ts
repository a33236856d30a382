/** What gateways say: known answers of miniupnpd and of the RFCs, and bytes of any kind. */
import type { Cidr4, Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IfName, Link, Route } from '../ports/index.ts';
import { findGateway } from './find-gateway.ts';
import { hasEpochReset, isPublic4 } from './mapping.ts';
import { decodePmpReply, encodePmpAddressRequest, encodePmpMapRequest } from './nat-pmp.ts';
import { decodePcpReply, encodePcpAnnounce, encodePcpMapRequest } from './pcp.ts';
import {
  addMappingCall,
  externalAddressCall,
  findMappingCall,
  parseIgdAnswer,
  parseIgdServices,
  renderIgdCall,
} from './upnp-igd.ts';

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const ip = (text: string) => text as Ip4;
const GATEWAY = ip('192.168.1.1');

describe('NAT-PMP', () => {
  test('questions are the bytes of RFC 6886', () => {
    expect(hexOf(encodePmpAddressRequest())).toBe('0000');
    const request = { internalPort: 40_000, externalPort: 40_001, lifetimeSec: 7200 };
    expect(hexOf(encodePmpMapRequest(request))).toBe('000100009c409c4100001c20');
  });

  test.each([
    ['008000000000020b01010a', undefined],
    ['00800000000000020b01010a', { kind: 'address', result: 0, epochSec: 2, address: '11.1.1.10' }],
    [
      '00810000000000029c409c4000001c20',
      {
        kind: 'map',
        result: 0,
        epochSec: 2,
        internalPort: 40_000,
        externalPort: 40_000,
        lifetimeSec: 7200,
      },
    ],
    ['0080000300000002', { kind: 'address', result: 3, epochSec: 2, address: '0.0.0.0' }],
    ['0082000500000002', { kind: 'unsupported' }],
    ['00810000000000029c40000000001c20', undefined],
    ['0001000000000002', undefined],
    ['', undefined],
  ])('answer %s', (hex, reply) => {
    expect(decodePmpReply(bytesOf(hex))).toEqual(reply);
  });

  test('takes any bytes, and never a question for an answer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => void decodePmpReply(bytes)));
    expect(decodePmpReply(encodePmpAddressRequest())).toBeUndefined();
  });
});

describe('PCP', () => {
  const nonce = new TextEncoder().encode('abcdefghijkl');
  const request = {
    client: ip('192.168.1.2'),
    nonce,
    internalPort: 40_001,
    externalPort: 40_001,
    externalAddress: ip('0.0.0.0'),
    lifetimeSec: 7200,
  };
  const MAP_REPLY =
    '0281000000001c20000000020000000000000000000000006162636465666768696a6b6c110000009c419c4100000000000000000000ffff0b01010a';

  test('questions are the bytes of RFC 6887', () => {
    expect(hexOf(encodePcpMapRequest(request))).toBe(
      `0201000000001c20${'0'.repeat(20)}ffffc0a801026162636465666768696a6b6c110000009c419c41${'0'.repeat(20)}ffff00000000`,
    );
    expect(hexOf(encodePcpAnnounce(request.client))).toBe(`0200000000000000${'0'.repeat(20)}ffffc0a80102`);
  });

  test('an answer of miniupnpd', () => {
    expect(decodePcpReply(bytesOf(MAP_REPLY))).toEqual({
      kind: 'map',
      result: 0,
      lifetimeSec: 7200,
      epochSec: 2,
      nonce: '6162636465666768696a6b6c',
      internalPort: 40_001,
      externalPort: 40_001,
      externalAddress: '11.1.1.10',
    });
    expect(decodePcpReply(bytesOf('028000000000000000000002000000000000000000000000'))).toMatchObject({
      kind: 'announce',
      epochSec: 2,
    });
  });

  test('an answer cut short or bent is none, whatever the bytes', () => {
    const whole = bytesOf(MAP_REPLY);
    for (let length = 0; length < whole.length; length++)
      expect(decodePcpReply(whole.subarray(0, length))).toBeUndefined();
    expect(decodePcpReply(whole.with(54, 0))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), fc.boolean(), (tail, isLike) => {
        const bytes = isLike ? Uint8Array.from([2, 0x81, ...tail]) : tail;
        const reply = decodePcpReply(bytes);
        if (reply?.kind === 'map') expect(reply.externalAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      }),
    );
  });
});

describe('UPnP', () => {
  const serviceOf = (type: string, control: string) =>
    `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><serviceId>x</serviceId><controlURL>${control}</controlURL></service>`;
  const IP_CONNECTION = 'urn:schemas-upnp-org:service:WANIPConnection:1';

  test('services that map ports, and only at the gateway', () => {
    const xml = `<root><serviceList>${[
      serviceOf('Layer3Forwarding:1', '/ctl/L3F'),
      serviceOf('WANIPConnection:1', '/ctl/IPConn'),
      serviceOf('WANPPPConnection:1', 'http://192.168.1.1:5000/ppp?x=1'),
      serviceOf('WANIPConnection:2', 'http://198.51.100.7/evil'),
      serviceOf('WANIPConnection:2', 'javascript:alert(1)'),
      serviceOf('WANIPConnection:9', '/no'),
    ].join('')}</serviceList></root>`;
    expect(parseIgdServices(xml, GATEWAY, 49_152)).toEqual([
      { type: IP_CONNECTION, port: 49_152, path: '/ctl/IPConn' },
      { type: 'urn:schemas-upnp-org:service:WANPPPConnection:1', port: 5000, path: '/ppp?x=1' },
    ]);
    expect(parseIgdServices(`<!DOCTYPE a>${xml}`, GATEWAY, 49_152)).toEqual([]);
  });

  test('a description without end costs no time', () => {
    for (const part of ['<service>', '<service><serviceType>', '<', '<service></service>'])
      expect(parseIgdServices(part.repeat(60_000 / part.length), GATEWAY, 80)).toEqual([]);
  });

  test('whatever the description, no line of the request is the gateway’s', () => {
    const texts = fc.oneof(fc.string(), fc.constantFrom('/a\r\nHost: b', '/a b', '/%0d%0a', '//h/x'));
    fc.assert(
      fc.property(texts, (control) => {
        for (const service of parseIgdServices(serviceOf('WANIPConnection:1', control), GATEWAY, 80)) {
          const [first, host] = renderIgdCall(service, GATEWAY, externalAddressCall).split('\r\n');
          expect(first).toMatch(/^POST \/[!-~]* HTTP\/1\.0$/);
          expect(host).toBe(`Host: ${GATEWAY}:${service.port}`);
        }
      }),
    );
  });

  test('a call says its length and names its arguments in order', () => {
    const service = { type: IP_CONNECTION, port: 80, path: '/ctl' };
    const mapping = { externalPort: 4001, internalPort: 4000, client: ip('192.168.1.2'), leaseSec: 7200 };
    const [head = '', body = ''] = renderIgdCall(service, GATEWAY, addMappingCall(mapping)).split('\r\n\r\n');
    expect(head).toContain(`Content-Length: ${body.length}`);
    expect([...body.matchAll(/<New(\w+)>([^<]*)</g)].map(([, name, value]) => `${name}=${value}`)).toEqual([
      'RemoteHost=',
      'ExternalPort=4001',
      'Protocol=UDP',
      'InternalPort=4000',
      'InternalClient=192.168.1.2',
      'Enabled=1',
      'PortMappingDescription=sidegate',
      'LeaseDuration=7200',
    ]);
    expect(renderIgdCall(service, GATEWAY, findMappingCall(4001))).toContain('NewExternalPort>4001<');
  });

  test.each([
    [200, '<NewExternalIPAddress>11.1.1.10</NewExternalIPAddress>', { externalAddress: '11.1.1.10' }],
    [200, '<NewExternalIPAddress>fe80::1</NewExternalIPAddress>', {}],
    [200, '<NewExternalIPAddress></NewExternalIPAddress>', {}],
    [
      200,
      '<NewInternalClient>a</NewInternalClient><NewInternalPort>99999999</NewInternalPort>',
      { client: 'a' },
    ],
  ])('%i %s', (status, body, expected) => {
    expect(parseIgdAnswer(status, body)).toEqual({ kind: 'done', ...expected });
  });

  test('refusals keep their code, and anything is an answer', () => {
    expect(parseIgdAnswer(500, '<errorCode>718</errorCode>')).toEqual({ kind: 'failed', code: 718 });
    expect(parseIgdAnswer(302, '<NewExternalIPAddress>11.1.1.10</NewExternalIPAddress>')).toEqual({
      kind: 'failed',
      code: 0,
    });
    fc.assert(fc.property(fc.nat(999), fc.string(), (status, body) => void parseIgdAnswer(status, body)));
  });
});

describe('rules', () => {
  test.each([
    ['11.1.1.10', true],
    ['203.0.113.9', true],
    ['192.168.1.1', false],
    ['100.64.0.2', false],
    ['169.254.1.1', false],
    ['0.0.0.0', false],
    ['127.0.0.1', false],
    ['255.255.255.255', false],
  ])('%s is public: %s', (address, expected) => {
    expect(isPublic4(ip(address))).toBe(expected);
  });

  test.each([
    ['ten minutes later', 600, 600, false],
    ['a clock that runs a tenth slow', 600, 540, false],
    ['a restart a minute ago', 600, -40, true],
    ['a restart at once', 1, -100, true],
    ['a jitter of a second', 0.2, -1, false],
  ])('%s', (_what, ownSec, theirSec, expected) => {
    const before = { sec: 1000, atMs: 50_000 };
    const after = { sec: 1000 + theirSec, atMs: 50_000 + ownSec * 1000 };
    expect(hasEpochReset(before, after)).toBe(expected);
  });

  test('the gateway is that of the first default route over IPv4, never the tunnel’s', () => {
    const link = (name: string, ...addresses4: string[]): Link => ({
      name: name as IfName,
      mac: undefined,
      isUp: true,
      isLoopback: false,
      addresses4: addresses4 as Cidr4[],
      addresses6: [],
      linkKind: undefined,
    });
    const route = (gateway: string | undefined, name: string): Route => ({
      family: gateway?.includes(':') ? 6 : 4,
      destination: 'default',
      gateway: gateway as Ip4 | undefined,
      interfaceName: name as IfName,
    });
    const find = (links: Link[], routes: Route[]) => findGateway(links, routes, 'sg0' as IfName);
    const links = [
      link('sg0', '100.64.0.1/32'),
      link('eth0', '10.0.0.5/24', '192.168.1.2/24'),
      link('wan', '203.0.113.9/24'),
    ];
    expect(
      find(links, [route('100.64.0.9', 'sg0'), route('fe80::1', 'eth0'), route('192.168.1.1', 'eth0')]),
    ).toEqual({
      gateway: '192.168.1.1',
      ownAddress: '192.168.1.2',
    });
    expect(find(links, [route('203.0.113.1', 'wan')])).toBe('public');
    expect(find(links, [route(undefined, 'eth0')])).toBe('no-gateway');
    expect(find([], [route('192.168.1.1', 'eth0')])).toBe('no-gateway');
  });
});
