import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@sidegate/kit';
import type { PeerStatus } from '@sidegate/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filesOf, type MemoryAgent, openMemoryAgent, SG0, until } from '../testing/memory-agent.ts';
import { makeEnrolment, makeMap, makePeer } from '../testing/small-network.ts';

/* A broker that let a machine in and then went mad: its answers to check-ins and its event stream are the test's. */
const key = (letter: string) => Buffer.alloc(32, letter).toString('base64');
const peerAt = (at: number) => makePeer(at, Buffer.from(String(at).padStart(32, '0')).toString('base64'));
const MAP = makeMap('box', key('B'), [peerAt(2)]);
const ENROLMENT = makeEnrolment(MAP);
const GOOD = JSON.stringify({ update: { kind: 'full', map: MAP }, checkInSec: 60 });

type Answer = (response: ServerResponse) => void;
const say =
  (text: string, type = 'application/json'): Answer =>
  (response) =>
    void response.writeHead(200, { 'content-type': type }).end(text);
const sayMap = (change: object) =>
  say(JSON.stringify({ update: { kind: 'full', map: { ...MAP, ...change } }, checkInSec: 60 }));
/** Writes chunk after chunk until nobody listens any more. */
const sayForever =
  (
    begin: string,
    chunkAt: (at: number) => string,
    count: { bytes: number; isOver: boolean },
    end?: () => string,
  ): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(begin);
    let at = 0;
    const more = () => {
      if (response.destroyed) {
        count.isOver = true;
        return;
      }
      const chunk = chunkAt(at++);
      if (chunk === '') return void response.end(end?.());
      count.bytes += chunk.length;
      if (response.write(chunk)) setImmediate(more);
      else response.once('drain', more);
    };
    response.on('close', () => {
      count.isOver = true;
    });
    more();
  };

const startMadBroker = async () => {
  let checkIn: Answer = say(GOOD);
  let nextStream: Answer | undefined;
  let stream: ServerResponse | undefined;
  const asked = { checkIns: 0, streams: 0 };
  const beginStream = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: hello\ndata: {"brokerBootId":"b1","revision":1}\n\n');
    stream = response;
  };
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    for await (const _ of request);
    if (request.url === '/v1/enrol') return say(JSON.stringify(ENROLMENT))(response);
    if (request.url === '/v1/nodes/self/events') {
      asked.streams += 1;
      const answer = nextStream ?? beginStream;
      nextStream = undefined;
      return answer(response);
    }
    asked.checkIns += 1;
    checkIn(response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop,
    setCheckIn: (answer: Answer) => {
      checkIn = answer;
    },
    /** The stream ends, and the next one is this. */
    replaceStream(answer: Answer) {
      nextStream = answer;
      stream?.destroy();
    },
    /** Says on the stream that there is a newer map, so that it is asked for. */
    provoke: () => stream?.write(`event: hello\ndata: {"brokerBootId":"b1","revision":9}\n\n`),
    write: (text: string) => stream?.write(text),
  };
};

describe('an agent whose broker went mad', () => {
  let broker: Awaited<ReturnType<typeof startMadBroker>>;
  let agent: MemoryAgent;
  let before: string;
  /** What it must not lose: its peers, the tunnel, the map on disk. */
  const standing = async () =>
    JSON.stringify([
      agent.status().state,
      (await agent.ask<PeerStatus[]>('GET', '/peers')).body.map(({ name }) => name),
      agent.platform.fakes.tunnel.routes(SG0),
      (await agent.platform.fakes.tunnel.read(SG0, AbortSignal.timeout(1000)))?.map(
        ({ publicKey, endpoint }) => [publicKey, endpoint],
      ),
      JSON.parse((await filesOf(agent).readText('runtime', 'network-map.json')) ?? '{}').map?.peers,
    ]);
  const codes = () => agent.status().health.map(({ code }) => code);
  const isGarbled = () => codes().includes('broker-not-understood');
  /** A sound answer makes the warning go. */
  const recover = async () => {
    broker.setCheckIn(say(GOOD));
    broker.provoke();
    await until(() => !isGarbled());
  };

  const open = async () => {
    broker = await startMadBroker();
    agent = await openMemoryAgent();
    onTestFinished(broker.stop);
    onTestFinished(agent.stop);
    await agent.up({ brokerUrl: broker.url, key: `sgk_${'x'.repeat(32)}` });
    await until(async () => (await filesOf(agent).readText('runtime', 'network-map.json')) !== undefined);
    await until(() => broker.asked.streams > 0);
    before = await standing();
    expect(before).toContain('peer-2');
  };

  test('garbled check-ins of every kind: all stays as it is, a warning says so, and a sound answer takes it back', async () => {
    await open();
    const lies: readonly (readonly [string, Answer])[] = [
      ['half an answer', say(GOOD.slice(0, GOOD.length / 2))],
      ['a page of a hotel', say('<html>Welcome! Please log in.</html>', 'text/html')],
      ['nothing', say('')],
      ['null', say('null')],
      ['a list', say('[]')],
      ['a protocol of the future', say('{"v":2,"update":{"kind":"merkle","root":"00"},"checkInSec":60}')],
      ['a field of the future', sayMap({ quantumKeys: [] })],
      ['numbers as text', sayMap({ revision: '9' })],
      ['a revision that is none', sayMap({ revision: -1 })],
      ['peers as an object', sayMap({ peers: { length: 3 } })],
      ['a peer of null', sayMap({ revision: 9, peers: [null] })],
      ['an endpoint that is none', sayMap({ beacons: [{ publicKey: key('B'), endpoints: ['rm -rf /'] }] })],
      ['a check-in every nanosecond', say(GOOD.replace('"checkInSec":60', '"checkInSec":1e-9'))],
      ['another machine’s map', sayMap({ revision: 9, self: { ...MAP.self, address4: '100.64.9.9' } })],
      ['a million nested lists', say(`{"update":${'['.repeat(1e6)}`)],
    ];
    for (const [what, answer] of lies) {
      broker.setCheckIn(answer);
      broker.provoke();
      await until(isGarbled).catch(() => expect.unreachable(`no warning of ${what}`));
      expect(await standing(), what).toBe(before);
      await recover();
    }
    // Each lie was asked for, its cure too, and hardly more.
    expect(broker.asked.checkIns).toBeLessThan(3 * lies.length + 10);
  }, 30_000);

  test('a million peers are neither read to their end nor believed, in one map or piece by piece', async () => {
    await open();
    const count = { bytes: 0, isOver: false };
    const head = `{"checkInSec":60,"update":{"kind":"full","map":${JSON.stringify({ ...MAP, revision: 9, peers: undefined }).slice(0, -1)},"peers":[`;
    const chunkAt = (at: number) =>
      at === 1000
        ? ''
        : Array.from({ length: 1000 }, (_, n) => `${JSON.stringify(peerAt(at * 1000 + n + 2))},`).join('');
    broker.setCheckIn(sayForever(head, chunkAt, count, () => `${JSON.stringify(peerAt(1_500_000))}]}}}`));
    broker.provoke();
    await until(isGarbled);
    // The broker learns a moment later that it was hung up on.
    await until(() => count.isOver);
    expect(count.bytes).toBeLessThan(40e6);
    expect(await standing()).toBe(before);
    await recover();

    const [pieces, size] = [6, 5000];
    for (let at = 0; at < pieces; at++) {
      const changed = Array.from({ length: size }, (_, n) => peerAt(at * size + n + 2));
      const delta = { kind: 'delta', from: at + 1, revision: at + 2, changed, removed: [] };
      broker.write(`event: map\ndata: ${JSON.stringify(delta)}\n\n`);
    }
    await until(isGarbled);
    expect(agent.status().counts.peers).toBeLessThan(30_000);
  }, 30_000);

  test('a stream without an end is left, the next one is asked for, and not in a hurry', async () => {
    await open();
    const count = { bytes: 0, isOver: false };
    broker.replaceStream(sayForever('data: ', () => 'x'.repeat(65_536), count));
    await until(() => count.isOver);
    expect(count.bytes).toBeLessThan(20e6);
    for (const garbage of [
      '\0\u00ff\n\n',
      'event: map\ndata: {"kind":"delta"\n\n',
      `event: punch\ndata: ${'9'.repeat(1e5)}\n\n`,
    ]) {
      await until(() => broker.write(':\n\n') !== undefined);
      broker.write(garbage);
    }
    const streamsBefore = broker.asked.streams;
    for (let turn = 0; turn < 100; turn++) {
      broker.replaceStream((response) => void response.end('garbage\n\n'));
      await systemClock.sleep(20);
    }
    expect(broker.asked.streams - streamsBefore).toBeLessThan(10);
    expect(await standing()).toBe(before);
  }, 30_000);
});
