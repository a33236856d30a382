import type { Ip, NodeId } from '@sidegate/protocol';
import * as dns from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerQuery, decodeQuery, encodeRefusal, fit, type NameBook, type Query } from './answer-query.ts';

const ASKER = 'n_0000000000000000' as NodeId;
const BASE = 'sidegate.internal';
const ALDER = `alder.acme.${BASE}`;
const ADDRESSES = ['100.64.0.10', 'fd12:3456:789a::a'] as Ip[];
const REVERSE6 = `a.${'0.'.repeat(19)}a.9.8.7.6.5.4.3.2.1.d.f.ip6.arpa`;

const BOOK: NameBook = {
  baseDomain: BASE,
  addressesOf: (_asker, name) => {
    if (!`.${name}`.endsWith(`.${BASE}`)) return 'outside';
    if (name === BASE) return [];
    return name === ALDER ? ADDRESSES : 'unknown';
  },
  nameOf: (_asker, address) => {
    if (ADDRESSES.includes(address)) return ALDER;
    return address.startsWith('100.64.') ? 'unknown' : 'outside';
  },
};

const encode = (type: string, name: string, more: Partial<dns.Packet> = {}): Buffer =>
  dns.encode({
    id: 0x1234,
    type: 'query',
    flags: dns.RECURSION_DESIRED,
    questions: [{ type: type as dns.RecordType, name }],
    ...more,
  });
const ask = (type: string, name: string) => {
  const decision = answerQuery(encode(type, name), ASKER, BOOK);
  if (decision?.kind !== 'answer') return decision?.kind;
  const { id, rcode, flag_aa, answers, authorities } = dns.decode(Buffer.from(decision.bytes)) as never as {
    id: number;
    rcode: string;
    flag_aa: boolean;
    answers: { type: string; data: unknown }[];
    authorities: { type: string; name: string }[];
  };
  expect([id, flag_aa]).toEqual([0x1234, true]);
  return [
    rcode,
    ...answers.map(({ type: kind, data }) => `${kind} ${String(data)}`),
    ...authorities.map(({ type: kind, name: zone }) => `${kind} of ${zone}`),
  ];
};

describe('the zone', () => {
  test('has addresses of both families, each asked for by itself', () => {
    expect(ask('A', ALDER)).toEqual(['NOERROR', 'A 100.64.0.10']);
    expect(ask('AAAA', ALDER)).toEqual(['NOERROR', 'AAAA fd12:3456:789a::a']);
    expect(ask('A', 'Alder.ACME.sidegate.internal')).toEqual(['NOERROR', 'A 100.64.0.10']);
  });

  test('says of a name without such a record that it exists, and of others that they do not', () => {
    expect(ask('HTTPS', ALDER)).toEqual(['NOERROR', `SOA of ${BASE}`]);
    expect(ask('A', BASE)).toEqual(['NOERROR', `SOA of ${BASE}`]);
    expect(ask('A', `oak.acme.${BASE}`)).toEqual(['NXDOMAIN', `SOA of ${BASE}`]);
  });

  test('knows names of addresses', () => {
    expect(ask('PTR', '10.0.64.100.in-addr.arpa')).toEqual(['NOERROR', `PTR ${ALDER}`]);
    expect(ask('PTR', REVERSE6)).toEqual(['NOERROR', `PTR ${ALDER}`]);
    expect(ask('PTR', '99.0.64.100.in-addr.arpa')).toEqual(['NXDOMAIN', 'SOA of 64.100.in-addr.arpa']);
  });

  test('leaves other names, addresses and classes to others', () => {
    expect(ask('A', 'example.com')).toBe('forward');
    expect(ask('PTR', '1.1.168.192.in-addr.arpa')).toBe('forward');
    expect(ask('PTR', '1.168.192.in-addr.arpa')).toBe('forward');
    const chaos = encode('TXT', 'version.bind', {
      questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }],
    });
    expect(answerQuery(chaos, ASKER, BOOK)?.kind).toBe('forward');
  });
});

describe('what is no plain question', () => {
  const flagsOf = (bytes: Uint8Array) => {
    const decision = answerQuery(bytes, ASKER, BOOK);
    return decision?.kind === 'answer' ? Buffer.from(decision.bytes).readUInt16BE(2) : decision;
  };

  test('is told so: two questions, none, or another operation', () => {
    const question = { type: 'A', name: ALDER } as const;
    expect(flagsOf(encode('A', ALDER, { questions: [question, question] }))).toBe(0x8101);
    expect(flagsOf(encode('A', ALDER, { questions: [] }))).toBe(0x8101);
    const update = encode('A', ALDER);
    update.writeUInt16BE(0x2800, 2);
    expect(flagsOf(update)).toBe(0xa804);
  });

  test('gets silence where it is an answer or nothing at all, and never throws', () => {
    expect(answerQuery(encode('A', ALDER, { type: 'response' }), ASKER, BOOK)).toBeUndefined();
    expect(answerQuery(new Uint8Array(), ASKER, BOOK)).toBeUndefined();
    const good = [...encode('A', ALDER)];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), fc.nat({ max: good.length }), (bytes, keep) => {
        answerQuery(bytes, ASKER, BOOK);
        answerQuery(new Uint8Array([...good.slice(0, keep), ...bytes]), ASKER, BOOK);
      }),
    );
  });
});

describe('answers of others', () => {
  const queryOf = (bytes: Uint8Array): Query => decodeQuery(bytes) as Query;
  const txt = (count: number, place: 'answers' | 'additionals') =>
    dns.encode({
      id: 1,
      type: 'response',
      questions: [{ type: 'TXT', name: 'example.com' }],
      answers: [{ type: 'TXT', name: 'example.com', data: 'x' }],
      [place]: Array.from({ length: count }, () => ({
        type: 'TXT' as const,
        name: 'example.com',
        data: 'y'.repeat(100),
      })),
    });

  test('stay as they are while they fit, lose what only came along, and are cut at last', () => {
    const query = queryOf(encode('TXT', 'example.com'));
    const small = txt(2, 'answers');
    expect(fit(query, small)).toBe(small);
    const slimmed = dns.decode(Buffer.from(fit(query, txt(8, 'additionals'))));
    expect([slimmed.answers?.length, slimmed.additionals?.length, slimmed.flag_tc]).toEqual([1, 0, false]);
    const cut = dns.decode(Buffer.from(fit(query, txt(8, 'answers'))));
    expect([cut.answers?.length, cut.flag_tc]).toEqual([0, true]);
  });

  test('may be larger for whoever says so, but never than the tunnel', () => {
    const additionals = [{ type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] }] as never;
    const query = queryOf(encode('TXT', 'example.com', { additionals }));
    const large = txt(8, 'answers');
    expect(fit(query, large)).toBe(large);
    expect(fit(query, txt(20, 'answers')).length).toBeLessThan(512);
  });

  test('are refused where nobody else is asked', () => {
    const refusal = encodeRefusal(queryOf(encode('A', 'example.com')));
    expect(Buffer.from(refusal).readUInt16BE(2) & 0x000f).toBe(5);
  });
});
