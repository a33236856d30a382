import { createVirtualClock, type Secret, Secret as SecretValue, silentLogger } from '@sidegate/kit';
import type { CheckInRequest, MapUpdate, NetworkMap, NodeEvent, NodeId } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../../../errors.ts';
import { createMemoryFiles } from '../../../platform/memory/memory-files.ts';
import type { Health } from '../../../plugin-api/index.ts';
import { openMapHolder } from '../map/map-holder.ts';
import { type BrokerClient, createBrokerClient } from './broker-client.ts';
import { openBrokerLink } from './broker-link.ts';

const signal = new AbortController().signal;
const token: Secret = new SecretValue('sgn_x');
const self = {
  bootId: '00000000-0000-4000-8000-000000000000',
  listenPort: 30_000,
} as unknown as CheckInRequest;

describe('what the broker answers', () => {
  const clientOf = (answer: () => Response | Promise<Response>) =>
    createBrokerClient('http://broker.example/base', createVirtualClock(), async () => await answer());
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );

  test('a refusal keeps the broker’s code, message and hint', async () => {
    const body = { error: { code: 'NODE_REVOKED', message: 'Gone', hint: 'Enrol again.' } };
    const client = clientOf(() => Response.json(body, { status: 401 }));
    await expect(client.checkIn(token, self, signal)).rejects.toMatchObject({
      code: 'NODE_REVOKED',
      message: 'Gone',
      hint: 'Enrol again.',
      meta: { status: 403 },
    });
  });

  test('garbage, of any kind and status, is one code', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.constantFrom(200, 404, 500), async (text, status) => {
        const client = clientOf(() => new Response(text, { status }));
        expect(await codeOf(client.checkIn(token, self, signal))).toBe('BROKER_NOT_UNDERSTOOD');
      }),
    );
  });

  test('no answer is another', async () => {
    const client = clientOf(() => Promise.reject(new TypeError('fetch failed')));
    expect(await codeOf(client.checkIn(token, self, signal))).toBe('BROKER_UNREACHABLE');
  });

  test('an answer that does not come is given up after ten seconds', async () => {
    const clock = createVirtualClock();
    const hanging = (_url: unknown, init: { readonly signal: AbortSignal }) =>
      new Promise<Response>((_, reject) => {
        init.signal.addEventListener('abort', () => reject(init.signal.reason as Error));
      });
    const client = createBrokerClient('http://broker.example', clock, hanging);
    const code = codeOf(client.checkIn(token, self, signal));
    await clock.advance(10_000);
    expect(await code).toBe('BROKER_UNREACHABLE');
  });

  test('an answer larger than any map is not read to its end', async () => {
    let sizeBytes = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sizeBytes += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20).fill(0x20));
      },
    });
    const client = clientOf(() => new Response(endless));
    expect(await codeOf(client.checkIn(token, self, signal))).toBe('BROKER_NOT_UNDERSTOOD');
    expect(sizeBytes).toBeLessThan(20 << 20);
  });

  test('a body that trickles is given up after ten seconds, however often a byte comes', async () => {
    const clock = createVirtualClock();
    const trickling = async (_url: unknown, init: { readonly signal: AbortSignal }) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          const drip = () => {
            if (init.signal.aborted) return controller.error(init.signal.reason);
            controller.enqueue(Uint8Array.of(0x20));
            clock.after(500, drip);
          };
          drip();
        },
      });
      return new Response(body);
    };
    const client = createBrokerClient('http://broker.example', clock, trickling);
    let ended: string | undefined;
    void codeOf(client.checkIn(token, self, signal)).then((code) => {
      ended = code;
    });
    await clock.advance(9_000);
    expect(ended).toBeUndefined();
    await clock.advance(2_000);
    expect(ended).toBe('BROKER_UNREACHABLE');
  });

  test('a line of the event stream without an end ends the stream, not the memory', async () => {
    let sizeBytes = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sizeBytes += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20).fill(0x61));
      },
    });
    const read = async () => {
      for await (const event of clientOf(() => new Response(endless)).watchEvents(token, signal)) void event;
    };
    await expect(read()).rejects.toThrow('larger than its limit');
    expect(sizeBytes).toBeLessThan(12 << 20);
  });

  test('events: known ones decoded, comments are signs of life, newer ones passed over, broken ones named', async () => {
    const text = [
      ':\n\n',
      'event: hello\ndata: {"brokerBootId":"b1","revision":3}\n\n',
      'event: from-the-future\ndata: {}\n\n',
      'event: constructor\ndata: {}\n\n',
      'event: punch\ndata: {"session":"zz"}\n\n',
      'event: map\ndata: not json\n\n',
    ].join('');
    const seen = [];
    for await (const event of clientOf(() => new Response(text)).watchEvents(token, signal)) seen.push(event);
    expect(seen).toEqual([
      undefined,
      { event: 'hello', data: { brokerBootId: 'b1', revision: 3 } },
      undefined,
      undefined,
      'garbled',
      'garbled',
    ]);
  });
});

const mapOf = (revision: number) =>
  ({ revision, self: {}, peers: [], beacons: [], account: {}, checkInSec: 60 }) as unknown as NetworkMap;

/** A link to a broker that the test plays; `isBeating`: its stream carries comments. */
const openLink = async ({ isBeating = false, isDeaf = (): boolean => false } = {}) => {
  const clock = createVirtualClock();
  const revisions: number[] = [];
  const heard: string[] = [];
  const raised = new Set<string>();
  const health: Health = {
    raise: ({ code }) => void raised.add(code),
    clear: (code) => void raised.delete(code),
  };
  let answer: () => MapUpdate = () => ({ kind: 'full', map: mapOf(1) });
  let say: (event: NodeEvent | 'garbled' | undefined) => void = () => {};
  let streams = 0;
  const client = {
    async checkIn(_token: Secret, { revision }: CheckInRequest) {
      revisions.push(revision);
      if (!isDeaf()) say(undefined);
      return { response: { update: answer(), checkInSec: 60 }, brokerTimeMs: clock.wallMs() };
    },
    async *watchEvents(_token: Secret, ended: AbortSignal) {
      streams += 1;
      const queue: (NodeEvent | 'garbled' | undefined)[] = [undefined];
      let wake = () => {};
      ended.addEventListener('abort', () => wake());
      say = (event) => {
        queue.push(event);
        wake();
      };
      const beat = () => {
        if (ended.aborted) return;
        queue.push(undefined);
        wake();
        clock.after(15_000, beat);
      };
      if (isBeating) clock.after(15_000, beat);
      for (;;) {
        while (queue.length > 0) yield queue.shift();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (ended.aborted) throw ended.reason;
      }
    },
    requestPunch: async () => void heard.push('punch requested'),
  } as unknown as BrokerClient;
  const maps = await openMapHolder({ files: createMemoryFiles(), clock, log: silentLogger });
  const link = openBrokerLink({
    clock,
    log: silentLogger,
    health,
    client,
    token,
    maps,
    describe: () => self,
    onMapChanged: () => heard.push(`map ${maps.map()?.revision}`),
    onPunch: () => heard.push('punch'),
    onBeaconsLost: () => heard.push('beacons lost'),
    onCloned: () => heard.push('cloned'),
    onRelayDirectory: () => {},
    onHeardAgain: () => heard.push('heard again'),
    onRevoked: (reason) => heard.push(`revoked ${reason}`),
    onContact: () => {},
  });
  await clock.advance(1);
  return {
    clock,
    link,
    maps,
    revisions,
    heard,
    raised,
    streams: () => streams,
    setAnswer: (next: () => MapUpdate) => {
      answer = next;
    },
    async hear(event: NodeEvent | 'garbled' | undefined) {
      say(event);
      await clock.advance(1);
    },
  };
};

describe('the conversation', () => {
  test('a delta that does not fit makes it ask for the whole map, once', async () => {
    const { hear, revisions, heard, setAnswer } = await openLink();
    setAnswer(() => ({ kind: 'full', map: mapOf(9) }));
    const stray = { kind: 'delta', from: 7, revision: 8, changed: [], removed: [] } as const;
    await hear({ event: 'map', data: { ...stray, changed: [], removed: [] } });
    expect(revisions).toEqual([0, 0]);
    expect(heard).toEqual(['map 1', 'map 9']);
  });

  test('the first hello is remembered, another boot means that beacons are lost', async () => {
    const { hear, heard, maps } = await openLink();
    await hear({ event: 'hello', data: { brokerBootId: 'b1', revision: 1 } });
    await hear({ event: 'hello', data: { brokerBootId: 'b1', revision: 1 } });
    expect(heard).toEqual(['map 1']);
    await hear({ event: 'hello', data: { brokerBootId: 'b2', revision: 1 } });
    expect(heard).toEqual(['map 1', 'beacons lost']);
    expect(maps.brokerBootId()).toBe('b2');
  });

  test('comments keep a stream; one that falls silent is replaced after 35 s', async () => {
    const { clock, hear, streams } = await openLink();
    for (let turn = 0; turn < 5; turn++) {
      await clock.advance(30_000);
      await hear(undefined);
    }
    expect(streams()).toBe(1);
    const silent = await openLink();
    await silent.clock.advance(35_000 + 1000);
    expect(silent.streams()).toBe(2);
  });

  test('a stream on which a check-in is not answered is replaced within two seconds', async () => {
    let isDeaf = false;
    const { clock, link, streams, heard, revisions, hear } = await openLink({ isDeaf: () => isDeaf });
    link.checkInSoon();
    await clock.advance(500);
    const asked = revisions.length;
    link.checkStream();
    expect([streams(), revisions.length]).toEqual([1, asked]);
    await clock.advance(4_500);
    isDeaf = true;
    link.checkStream();
    await clock.advance(1_900);
    expect([streams(), revisions.length]).toEqual([1, asked + 1]);
    expect(heard).not.toContain('heard again');
    await clock.advance(200);
    expect(streams()).toBe(2);
    isDeaf = false;
    await hear(undefined);
    expect(heard).toContain('heard again');
  });

  test('a restart of the stream does not wait, and a punch is asked for on the new one', async () => {
    const { clock, link, streams, heard } = await openLink();
    link.reconnect();
    const asked = link.requestPunch('n_x' as NodeId);
    expect(heard).not.toContain('punch requested');
    await clock.advance(5);
    await asked;
    expect(streams()).toBe(2);
    expect(heard).toContain('punch requested');
  });

  test('check-ins come about every minute; failures are named and cleared', async () => {
    const { clock, revisions, raised, setAnswer } = await openLink({ isBeating: true });
    setAnswer(() => ({ kind: 'same', revision: 1 }));
    await clock.advance(66_500);
    expect(revisions).toEqual([0, 1]);
    setAnswer(() => {
      throw new AgentError('BROKER_UNREACHABLE', 'Reach the broker');
    });
    await clock.advance(66_500);
    expect([...raised]).toEqual(['broker-unreachable']);
    setAnswer(() => ({ kind: 'same', revision: 1 }));
    await clock.advance(66_500);
    expect([...raised]).toEqual([]);
  });

  test('a stream that fell silent is a warning until the next one is there', async () => {
    const { clock, raised, streams } = await openLink();
    await clock.advance(35_000 + 1000);
    expect([streams(), [...raised]]).toEqual([2, []]);
  });

  test('a garbled event is a warning', async () => {
    const { hear, raised } = await openLink();
    await hear('garbled');
    expect([...raised]).toEqual(['broker-not-understood']);
  });

  test('after its end nothing is asked any more', async () => {
    const { clock, link, revisions, streams } = await openLink();
    await link[Symbol.asyncDispose]();
    const before = [revisions.length, streams()];
    await clock.advance(600_000);
    expect([revisions.length, streams()]).toEqual(before);
  });
});
