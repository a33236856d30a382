import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOwnHost, isOwnOrigin, ownHostNames, parseHostName } from './request-guard.ts';

const own = ownHostNames(['home', 'home.acme.sidegate.internal', '100.64.0.7', 'fd00:0:0::7']);

describe('isOwnHost', () => {
  test.each([
    'home',
    'HOME.acme.sidegate.internal',
    'home.acme.sidegate.internal.',
    'home.acme.sidegate.internal:7380',
    '100.64.0.7:80',
    '[fd00::7]:7380',
  ])('knows %s', (host) => expect(isOwnHost({ host }, own)).toBe(true));

  test.each([
    undefined,
    '',
    'evil.example',
    'home.evil.example',
    'home.acme.sidegate.internal.evil.example',
    '100.64.0.8',
    '127.0.0.1',
    'home@evil.example',
    'home/evil',
    'home:7380:1',
    '[fd00::8]',
  ])('refuses %s', (host) => expect(isOwnHost(host === undefined ? {} : { host }, own)).toBe(false));
});

test('parseHostName never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseHostName(text)));
});

describe('isOwnOrigin', () => {
  const host = 'home.acme.sidegate.internal:7380';
  test.each([
    [{ host }, true],
    [{ host, origin: `http://${host}` }, true],
    [{ host, origin: 'http://home.acme.sidegate.internal:8001' }, false],
    [{ host, origin: 'http://evil.example' }, false],
    [{ host, origin: 'null' }, false],
    [{ host, 'sec-fetch-site': 'same-origin' }, true],
    [{ host, 'sec-fetch-site': 'same-site' }, false],
    [{ host, 'sec-fetch-site': 'cross-site' }, false],
    [{ origin: 'http://x' }, false],
  ])('%j is %s', (headers, expected) => expect(isOwnOrigin(headers)).toBe(expected));
});
