import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createVirtualClock, systemClock } from '@sidegate/kit';
import type { Ip, NodeId } from '@sidegate/protocol';
import * as dns from 'dns-packet';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeInnerPacket, encodeInnerPacket } from './inner-packet.ts';
import { createResolver, type Upstream } from './resolver.ts';
import { createUpstream } from './upstream.ts';

const PHONE = 'n_0000000000000000' as NodeId;
const OWN = '100.64.0.12' as Ip;
const RESOLVER = '100.64.0.3' as Ip;
const NAME = 'alder.acme.sidegate.internal';

const question = (name: string): Buffer =>
  dns.encode({ id: 7, type: 'query', questions: [{ type: 'A', name }] });
const packetOf = (payload: Uint8Array, more: { source?: Ip; destination?: Ip; port?: number } = {}) =>
  encodeInnerPacket({
    source: more.source ?? OWN,
    sourcePort: 40_001,
    destination: more.destination ?? RESOLVER,
    destinationPort: more.port ?? 53,
    payload,
  });
const create = (upstream?: Upstream, clock = createVirtualClock()) => {
  const resolver = createResolver({
    book: {
      baseDomain: 'sidegate.internal',
      addressesOf: (_asker, name) => (name === NAME ? ['100.64.0.10' as Ip] : 'outside'),
      nameOf: () => 'outside',
    },
    placeOf: (node) => (node === PHONE ? { own: [OWN], resolver: [RESOLVER] } : undefined),
    upstream,
    clock,
  });
  const ask = async (packet: Uint8Array, node = PHONE) => {
    const reply = await resolver.handle(node, packet);
    const inner = reply && decodeInnerPacket(reply);
    return inner && { ...inner, answer: dns.decode(Buffer.from(inner.payload)) };
  };
  return { ask, clock };
};

describe('the resolver', () => {
  test('answers from where it was asked to where it was asked from', async () => {
    const reply = await create().ask(packetOf(question(NAME)));
    expect(reply).toMatchObject({
      source: RESOLVER,
      sourcePort: 53,
      destination: OWN,
      destinationPort: 40_001,
    });
    expect(reply?.answer.answers).toMatchObject([{ type: 'A', data: '100.64.0.10' }]);
  });

  test('is silent to packets in another name, to another place, or of no node', async () => {
    const { ask } = create();
    const bytes = question(NAME);
    expect(await ask(packetOf(bytes, { source: '100.64.0.13' as Ip }))).toBeUndefined();
    expect(await ask(packetOf(bytes, { destination: '100.64.0.10' as Ip }))).toBeUndefined();
    expect(await ask(packetOf(bytes, { port: 80 }))).toBeUndefined();
    expect(await ask(packetOf(bytes), 'n_stranger' as NodeId)).toBeUndefined();
    expect(await ask(packetOf(new Uint8Array(600)))).toBeUndefined();
  });

  test('answers so many questions and no more, until time has passed', async () => {
    const { ask, clock } = create();
    const packet = packetOf(question(NAME));
    const answers = await Promise.all(Array.from({ length: 150 }, () => ask(packet)));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(100);
    await clock.advance(1_000);
    expect(await ask(packet)).toBeDefined();
  });

  test('refuses other names where there is nobody to ask', async () => {
    const reply = await create().ask(packetOf(question('example.com')));
    expect(reply?.answer).toMatchObject({ rcode: 'REFUSED', id: 7 });
  });

  test('lets only so many questions of one node wait', async () => {
    let asked = 0;
    const { ask } = create({ ask: () => new Promise(() => asked++) });
    const packet = packetOf(question('example.com'));
    const answers = Array.from({ length: 40 }, () => ask(packet));
    await Promise.race([Promise.all(answers), new Promise(setImmediate)]);
    expect(asked).toBe(32);
  });
});

describe('names of others', () => {
  const server = () => createSocket('udp4');
  let upstream: ReturnType<typeof server>;
  beforeEach(async () => {
    upstream = server();
    upstream.bind(0, '127.0.0.1');
    await once(upstream, 'listening');
  });
  afterEach(() => upstream.close());
  const askThrough = () => {
    const resolvers = [{ address: '127.0.0.1' as Ip, port: upstream.address().port }];
    return create(createUpstream(() => resolvers, systemClock)).ask(packetOf(question('example.com')));
  };
  const answerOf = (bytes: Buffer, name = 'example.com') => {
    const { id } = dns.decode(bytes);
    return dns.encode({
      ...(id === undefined ? {} : { id }),
      type: 'response',
      questions: [{ type: 'A', name }],
      answers: [{ type: 'A', name, data: '192.0.2.80', ttl: 60 }],
    });
  };

  test('are asked of the upstream under another id, and answered under the asker’s', async () => {
    let id: number | undefined;
    upstream.on('message', (bytes, from) => {
      id = dns.decode(bytes).id;
      upstream.send(answerOf(bytes), from.port, from.address);
    });
    const reply = await askThrough();
    expect(reply?.answer).toMatchObject({ id: 7, answers: [{ data: '192.0.2.80' }] });
    expect(id).toBeDefined();
  });

  test('are not taken from answers to another question', async () => {
    upstream.on('message', (bytes, from) => {
      const wrongId = answerOf(bytes);
      wrongId.writeUInt16BE(wrongId.readUInt16BE(0) ^ 1, 0);
      upstream.send(wrongId, from.port, from.address);
      upstream.send(answerOf(bytes, 'evil.example'), from.port, from.address);
      upstream.send(Buffer.from('nonsense'), from.port, from.address);
      upstream.send(answerOf(bytes), from.port, from.address);
    });
    expect((await askThrough())?.answer.answers).toMatchObject([{ name: 'example.com', data: '192.0.2.80' }]);
  });
});
