/** Every decoder of what devices say: real words, and bytes of any kind. */
import type { Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpBody } from '../strangers/http-message.ts';
import { parseOwnUrl } from '../strangers/own-url.ts';
import { readXmlTexts } from '../strangers/read-xml-texts.ts';
import { parseSsdpReply, renderSsdpSearch } from '../strangers/ssdp.ts';
import { parseDeviceDescription } from './device-description.ts';
import { decodeNodeStatus, encodeNodeStatusRequest } from './netbios.ts';
import { parseWsMatch, renderWsProbe } from './ws-discovery.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const OWNER = '192.168.1.9' as Ip4;
/** XML that nearly is. */
const almostXml = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<',
        '>',
        '/',
        '<a>',
        '</a>',
        '<a/>',
        '<x:a>',
        '</x:a>',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
      ),
      fc.constantFrom('<?', '?>', '&amp;', '&#60;', '&#x10ffff;', '&#9999999;', '"', ' ', 'text'),
      fc.string(),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

const FLOOD = ['<a>', '<a "', '<!--', '<![CDATA['].map((part) => part.repeat(12_000));

describe('readXmlTexts', () => {
  const textsOf = (xml: string) => readXmlTexts(xml, ['a']).get('a');

  it.each([
    ['<r><a>one</a><a>two</a></r>', ['one', 'two']],
    ['<x:a at="1"> one </x:a>', ['one']],
    ['<a>1 &lt; 2 &#38; <![CDATA[<b>]]></a>', ['1 < 2 & <b>']],
    ['<a><!-- <a>no</a> -->yes</a>', ['yes']],
    ['<a><b>inner</b></a>', []],
    ['<a/><a>x', []],
    ['<!DOCTYPE r [<!ENTITY b "bb">]><a>&b;</a>', []],
    ['<a>&unknown;</a>', ['&unknown;']],
  ])('%s', (xml, texts) => {
    expect(textsOf(xml)).toEqual(texts);
  });

  it('takes anything, and gives back no more than there was', () => {
    fc.assert(
      fc.property(almostXml, (xml) => {
        const texts = textsOf(xml)!;
        expect(texts.length).toBeLessThanOrEqual(16);
        expect(texts.join('').length).toBeLessThanOrEqual(xml.length);
      }),
    );
  });

  it.each(FLOOD.map((xml) => [xml.slice(0, 9), xml]))('is linear over many times %s', (_start, xml) => {
    const startedAt = performance.now();
    textsOf(xml);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe('parseOwnUrl', () => {
  it.each([
    ['http://192.168.1.9:49152/desc.xml?a=1', { port: 49_152, path: '/desc.xml?a=1' }],
    ['http://192.168.1.9/', { port: 80, path: '/' }],
    ['http://192.168.1.8/', undefined],
    ['https://192.168.1.9/', undefined],
    ['http://name.example/', undefined],
    ['http://192.168.1.9@192.168.1.8/', undefined],
    ['http://user:word@192.168.1.9/', undefined],
    ['http://192.168.1.9:0/', undefined],
    ['http://192.168.1.9:80\\@192.168.1.8/', { port: 80, path: '/@192.168.1.8/' }],
    ['file:///etc/passwd', undefined],
  ])('%s', (url, expected) => {
    expect(parseOwnUrl(url, OWNER)).toEqual(expected);
  });

  it('never lets a line break into a request', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (tail) => {
        expect(parseOwnUrl(`http://${OWNER}/${tail}`, OWNER)?.path ?? '/').toMatch(/^\/[!-~]*$/);
      }),
    );
  });
});

describe('ssdp', () => {
  it('asks as the architecture says', () => {
    expect(renderSsdpSearch('ssdp:all')).toMatch(/^M-SEARCH \* HTTP\/1\.1\r\n(.+\r\n)+\r\n$/);
  });

  it('reads answers, and nothing else', () => {
    const answer = 'HTTP/1.1 200 OK\r\nST: x\r\nLocation: http://192.168.1.9/d\r\nSERVER: a\u0007b\r\n\r\n';
    expect(parseSsdpReply(bytesOf(answer))).toEqual({ location: 'http://192.168.1.9/d', server: 'a b' });
    expect(parseSsdpReply(bytesOf('NOTIFY * HTTP/1.1\r\nLOCATION: http://x/\r\n\r\n'))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseSsdpReply(bytes)));
  });

  it('reads the root device of a description', () => {
    const xml = `<root><device><deviceType>urn:schemas-upnp-org:device:ZonePlayer:1</deviceType>
      <friendlyName>Kitchen &amp; bath</friendlyName><manufacturer>Sonos, Inc.</manufacturer>
      <deviceList><device><friendlyName>inner</friendlyName></device></deviceList></device></root>`;
    expect(parseDeviceDescription(xml)).toEqual({
      name: 'Kitchen & bath',
      maker: 'Sonos, Inc.',
      type: 'ZonePlayer',
    });
    fc.assert(
      fc.property(almostXml, (text) => {
        for (const part of Object.values(parseDeviceDescription(text))) expect(typeof part).toBe('string');
      }),
    );
  });

  it('follows no redirect', () => {
    expect(
      parseHttpBody(bytesOf('HTTP/1.1 302 Found\r\nLocation: http://192.168.1.8/\r\n\r\nbody')),
    ).toBeUndefined();
    expect(parseHttpBody(bytesOf('HTTP/1.1 200 OK\r\n\r\n<root/>'))).toBe('<root/>');
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseHttpBody(bytes)));
  });
});

describe('ws-discovery', () => {
  it('reads what an ONVIF camera answers', () => {
    const xml = `<s:Envelope><s:Header><a:RelatesTo>urn:uuid:1</a:RelatesTo></s:Header><s:Body><d:ProbeMatches>
      <d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>
      <d:Scopes>onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/%zz</d:Scopes>
      <d:XAddrs>http://192.168.1.9/onvif/device_service http://[fe80::1]/</d:XAddrs></d:ProbeMatch>
      </d:ProbeMatches></s:Body></s:Envelope>`;
    expect(parseWsMatch(bytesOf(xml))).toEqual({
      relatesTo: 'urn:uuid:1',
      types: ['NetworkVideoTransmitter', 'Device'],
      name: 'Front door',
      model: '%zz',
      urls: ['http://192.168.1.9/onvif/device_service', 'http://[fe80::1]/'],
    });
  });

  it('does not take a question for an answer, and takes anything', () => {
    expect(parseWsMatch(bytesOf(renderWsProbe('urn:uuid:1', 'all')))).toBeUndefined();
    fc.assert(
      fc.property(
        almostXml,
        (text) => void parseWsMatch(bytesOf(`<ProbeMatch>${text}<RelatesTo>1</RelatesTo>`)),
      ),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseWsMatch(bytes)));
  });
});

describe('netbios', () => {
  const entry = (name: string, suffix: number, isGroup: boolean) =>
    Buffer.concat([Buffer.from(name.padEnd(15)), Buffer.from([suffix, isGroup ? 0x84 : 0x04, 0])]);
  const answerTo = (request: Uint8Array, entries: readonly Buffer[]) =>
    Buffer.concat([
      request.subarray(0, 2),
      Buffer.from([0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
      request.subarray(12),
      Buffer.from([0, 0, 0, 0, 0, entries.length * 18 + 1, entries.length]),
      ...entries,
    ]);
  const ENTRIES = [entry('HOME', 0, true), entry('DESKTOP-1', 0x20, false), entry('DESKTOP-1', 0, false)];

  it('asks as RFC 1002 says', () => {
    expect(Buffer.from(encodeNodeStatusRequest(0x1234)).toString('hex')).toBe(
      `12340000000100000000000020434b${'41'.repeat(30)}0000210001`,
    );
  });

  it('reads names back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), (id) => {
        const answer = answerTo(encodeNodeStatusRequest(id), ENTRIES);
        expect(decodeNodeStatus(answer)).toEqual({ id, name: 'DESKTOP-1', workgroup: 'HOME' });
      }),
    );
  });

  it('takes anything: noise, answers cut short, answers with a bit turned', () => {
    const answer = answerTo(encodeNodeStatusRequest(1), ENTRIES);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeNodeStatus(bytes)));
    fc.assert(
      fc.property(fc.nat(answer.length), fc.nat(answer.length - 1), fc.nat(255), (length, at, value) => {
        const bent = Buffer.from(answer);
        bent[at] = value;
        const status = decodeNodeStatus(bent.subarray(0, length));
        expect(status?.name?.length ?? 0).toBeLessThanOrEqual(15);
      }),
    );
  });
});
