import type { Endpoint, PublicKey } from '@sidegate/protocol';
import { expect, it } from 'vitest';
import { renderWgSet } from './render-wg-set.ts';

const publicKey = 'CtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=' as PublicKey;
const endpoint = '198.51.100.7:40001' as Endpoint;
const words = (text: string) => text.replaceAll('KEY', publicKey).split(' ');

it('makes one call of many changes, in their order', () => {
  const beacon = { publicKey, endpoint, allowedIps: [], keepaliveSec: 25 };
  const calls = renderWgSet('sg0', [
    { kind: 'set', peer: { publicKey, allowedIps: ['100.64.0.2/32', 'fd00::2/128'], keepaliveSec: 0 } },
    { kind: 'reset', peer: beacon },
    { kind: 'endpoint', publicKey, endpoint },
    { kind: 'poke', publicKey, keepaliveSec: 25 },
    { kind: 'remove', publicKey },
  ]);
  expect(calls).toEqual([
    [
      ...words('set sg0 peer KEY persistent-keepalive 0 allowed-ips 100.64.0.2/32,fd00::2/128'),
      ...words('peer KEY remove peer KEY endpoint 198.51.100.7:40001 persistent-keepalive 25 allowed-ips'),
      '',
      ...words('peer KEY endpoint 198.51.100.7:40001'),
      ...words('peer KEY persistent-keepalive 0 peer KEY persistent-keepalive 25'),
      ...words('peer KEY remove'),
    ],
  ]);
});

it('makes no call of nothing, and several of very many', () => {
  expect(renderWgSet('sg0', [])).toEqual([]);
  const many = Array.from({ length: 401 }, () => ({ kind: 'remove', publicKey }) as const);
  expect(renderWgSet('sg0', many).map((call) => call.length)).toEqual([602, 602, 5]);
});
