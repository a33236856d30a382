import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../codec/message.ts';
import { typed, type UbusTable } from '../codec/values.ts';
import { UbusError } from '../errors.ts';
import { MAX_MESSAGE_BYTES, MESSAGE_TYPE } from '../protocol.ts';
import { startTestUbusd, type TestUbusd } from '../testing/index.ts';
import { connectUbus, type Ubus } from './client.ts';
import type { UbusOptions } from './keeper.ts';
import { method } from './object.ts';

let directory: string;
let path: string;
let ubusd: TestUbusd;
let wire: { direction: 'in' | 'out'; message: Message }[];
const opened: Ubus[] = [];

const open = (options: UbusOptions = {}): Ubus => {
  const ubus = connectUbus({ path, timeoutMs: 3_000, retryFirstMs: 5, retryMaxMs: 20, ...options });
  opened.push(ubus);
  return ubus;
};
const fails = (code: string) => expect.objectContaining({ name: 'UbusError', code });
const start = () =>
  startTestUbusd(path, { onMessage: (direction, message) => wire.push({ direction, message }) });

/** A provider with one method of each behaviour. */
const provide = async (ubus: Ubus) =>
  ubus.addObject({
    path: 'test.echo',
    methods: {
      echo: method({ text: 'string', times: 'int32?' }, ({ text, times = 1 }) => ({
        text: text.repeat(times),
      })),
      who: method({}, (_args, { user, group, callerId }) => ({
        user: user ?? '',
        group: group ?? '',
        callerId,
      })),
      silent: method({}, () => undefined),
      deny: method({}, () => {
        throw new UbusError('permission-denied');
      }),
      crash: method({}, async () => {
        throw new Error('inner');
      }),
      missing: method({}, () => {
        throw new UbusError('not-found');
      }),
      huge: method({}, () => ({ text: 'x'.repeat(MAX_MESSAGE_BYTES) })),
      never: method({}, () => new Promise<undefined>(() => undefined)),
    },
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'node-ubus-'));
  path = join(directory, 'ubus.sock');
  wire = [];
  ubusd = await start();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((ubus) => ubus.close({ graceMs: 50 })));
  await ubusd.close();
  await rm(directory, { recursive: true });
});

describe('calls', () => {
  it('looks up by path, by prefix and all, with signatures', async () => {
    const [server, client] = [open(), open()];
    await provide(server);
    await server.addObject({ path: 'test.other', methods: {} });
    await server.addObject({ path: 'other', methods: {} });
    const paths = async (pattern?: string) => (await client.lookup(pattern)).map((found) => found.path);
    expect(await paths('test.*')).toEqual(['test.echo', 'test.other']);
    expect(await paths()).toEqual(['other', 'test.echo', 'test.other']);
    expect(await paths('nothing')).toEqual([]);
    const [found] = await client.lookup('test.echo');
    expect(found?.methods.echo).toEqual({ text: 'string', times: 'int32' });
    expect(found?.methods.who).toEqual({});
  });

  it('carries arguments and replies, and says who calls', async () => {
    const [server, client] = [open(), open()];
    await provide(server);
    expect(await client.invoke('test.echo', 'echo', { text: 'ab', times: 2 })).toEqual({ text: 'abab' });
    expect(await client.invoke('test.echo', 'silent')).toEqual({});
    const who = await client.invoke('test.echo', 'who');
    expect(who).toMatchObject({ user: 'root', group: 'root' });
    expect(Number(who.callerId)).toBe(client.clientId);
  });

  it.each([
    ['deny', {}, 'permission-denied'],
    ['crash', {}, 'unknown-error'],
    ['missing', {}, 'not-found'],
    ['nosuch', {}, 'method-not-found'],
    ['echo', {}, 'invalid-argument'],
    ['echo', { text: 5 }, 'invalid-argument'],
    ['huge', {}, 'system-error'],
  ])('rejects %s %j with %s', async (name, args, code) => {
    const [server, client] = [open(), open()];
    await provide(server);
    await expect(client.invoke('test.echo', name, args)).rejects.toEqual(fails(code));
  });

  it('runs a method once even if it answers not-found itself', async () => {
    const [server, client] = [open(), open()];
    const run = vi.fn(() => {
      throw new UbusError('not-found');
    });
    await server.addObject({ path: 'a', methods: { run: method({}, run) } });
    await expect(client.invoke('a', 'run')).rejects.toEqual(fails('not-found'));
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('rejects an unknown object, and finds one that was restarted', async () => {
    const [server, client] = [open(), open()];
    await expect(client.invoke('test.echo', 'silent')).rejects.toEqual(fails('not-found'));
    const first = await provide(server);
    await client.invoke('test.echo', 'silent');
    await first.remove();
    await provide(server);
    expect(await client.invoke('test.echo', 'silent')).toEqual({});
  });

  it('gives up in time and on request, and the connection goes on', async () => {
    const [server, client] = [open(), open()];
    await provide(server);
    await expect(client.invoke('test.echo', 'never', {}, { timeoutMs: 30 })).rejects.toEqual(
      fails('timeout'),
    );
    const controller = new AbortController();
    const call = client.invoke('test.echo', 'never', {}, { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(call).rejects.toThrow('changed my mind');
    expect(await client.invoke('test.echo', 'silent')).toEqual({});
  });

  it('sends without waiting where no answer is wanted', async () => {
    const [server, client] = [open(), open()];
    const run = vi.fn();
    await server.addObject({ path: 'a', methods: { run: method({ n: 'int32' }, ({ n }) => run(n)) } });
    await client.invokeNoReply('a', 'run', { n: 3 });
    await vi.waitFor(() => expect(run).toHaveBeenCalledWith(3));
  });

  it('keeps many calls at once apart', async () => {
    const [server, client] = [open(), open()];
    await provide(server);
    const texts = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    const replies = await Promise.all(texts.map((text) => client.invoke('test.echo', 'echo', { text })));
    expect(replies.map(({ text }) => text)).toEqual(texts);
  });
});

describe('objects', () => {
  it('refuses a path that is taken', async () => {
    const [one, two] = [open(), open()];
    await provide(one);
    await expect(provide(two)).rejects.toEqual(fails('invalid-argument'));
  });

  it('notifies without an answer, with answers, and knows whether anyone listens', async () => {
    const [server, one, two] = [open(), open(), open()];
    const onSubscribers = vi.fn();
    const object = await server.addObject({ path: 'bell', methods: {}, onSubscribers });
    expect(await object.notifyAndWait('ring')).toEqual([]);
    const heard: string[] = [];
    const first = await one.subscribe('bell', ({ type, data }) => {
      heard.push(`${type} ${data.n}`);
      return { from: 'one' };
    });
    await two.subscribe('bell', () => {
      throw new UbusError('not-supported');
    });
    await vi.waitFor(() => expect(object.hasSubscribers).toBe(true));
    const replies = await object.notifyAndWait('ring', { n: 1 });
    expect(replies.map(({ code }) => code).sort()).toEqual(['not-supported', 'ok']);
    expect(replies.find(({ code }) => code === 'ok')?.data).toEqual({ from: 'one' });
    object.notify('ring', { n: 2 });
    await vi.waitFor(() => expect(heard).toEqual(['ring 1', 'ring 2']));
    expect(first.isActive).toBe(true);
    await first.stop();
    await two.close();
    await vi.waitFor(() => expect(onSubscribers.mock.calls).toEqual([[true], [false]]));
    expect(object.hasSubscribers).toBe(false);
  });

  it('answers no notification that wants no answer', async () => {
    const [server, client] = [open(), open()];
    const object = await server.addObject({ path: 'bell', methods: {} });
    const heard = vi.fn();
    await client.subscribe('bell', heard);
    wire.length = 0;
    object.notify('ring');
    await vi.waitFor(() => expect(heard).toHaveBeenCalled());
    await client.lookup('bell');
    const answers = wire.filter(
      ({ direction, message }) => direction === 'in' && message.type === MESSAGE_TYPE.status,
    );
    expect(answers).toEqual([]);
  });

  it('reports subscribers that do not answer in time', async () => {
    const [server, client] = [open(), open()];
    const object = await server.addObject({ path: 'bell', methods: {} });
    await client.subscribe('bell', () => new Promise<undefined>(() => undefined));
    const replies = await object.notifyAndWait('ring', {}, { timeoutMs: 30 });
    expect(replies).toEqual([expect.objectContaining({ code: 'timeout', data: undefined })]);
  });

  it('follows an object that goes away and comes back', async () => {
    const [server, client] = [open(), open()];
    const presence: boolean[] = [];
    const heard = vi.fn();
    const options = { waitForObject: true, onPresence: (is: boolean) => presence.push(is) };
    await client.subscribe('bell', heard, options);
    await expect(client.subscribe('bell', heard)).rejects.toEqual(fails('not-found'));
    const first = await server.addObject({ path: 'bell', methods: {} });
    await vi.waitFor(() => expect(presence).toEqual([true]));
    await first.remove();
    await vi.waitFor(() => expect(presence).toEqual([true, false]));
    const second = await server.addObject({ path: 'bell', methods: {} });
    await vi.waitFor(() => expect(presence).toEqual([true, false, true]));
    await second.notifyAndWait('ring');
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('events', () => {
  it('come by exact id and by prefix, not to their sender', async () => {
    const [sender, listener] = [open(), open()];
    const seen: [string, UbusTable][] = [];
    const own = vi.fn();
    await sender.listen('a.*', own);
    const prefix = await listener.listen('a.*', (id, data) => seen.push([id, data]));
    await listener.listen('b', (id, data) => seen.push([id, data]));
    await sender.sendEvent('a.one', { n: 1 });
    await sender.sendEvent('b', { list: [typed('int16', 3)] });
    await sender.sendEvent('bb');
    await prefix.stop();
    await sender.sendEvent('a.two');
    await listener.lookup('x');
    expect(seen).toEqual([
      ['a.one', { n: 1 }],
      ['b', { list: [3] }],
    ]);
    expect(own).not.toHaveBeenCalled();
    await expect(sender.sendEvent('ubus.object.add')).rejects.toEqual(fails('permission-denied'));
  });

  it('tell of objects that come and go', async () => {
    const [server, listener] = [open(), open()];
    const seen: string[] = [];
    await listener.listen('ubus.object.*', (id, data) => seen.push(`${id} ${data.path}`));
    await (await server.addObject({ path: 'bell', methods: {} })).remove();
    await vi.waitFor(() => expect(seen).toEqual(['ubus.object.add bell', 'ubus.object.remove bell']));
  });
});

describe('connection', () => {
  it('comes back with everything after ubusd was restarted', async () => {
    const states: string[] = [];
    const server = open({ onState: (state) => states.push(state) });
    const client = open();
    const heard: string[] = [];
    const object = await provide(server);
    const firstId = object.id;
    await client.subscribe('test.echo', ({ type }) => void heard.push(type), { waitForObject: true });
    await client.listen('x.*', (id) => heard.push(id));
    await ubusd.close();
    await vi.waitFor(() => expect(server.state).toBe('connecting'));
    expect(object.id).toBeUndefined();
    ubusd = await start();
    // A call made while there is no connection waits for one.
    await server.ready();
    await client.ready();
    expect(await client.invoke('test.echo', 'echo', { text: 'again' })).toEqual({ text: 'again' });
    expect(object.id).not.toBe(firstId);
    await vi.waitFor(() => expect(object.hasSubscribers).toBe(true));
    await object.notifyAndWait('told');
    await server.sendEvent('x.y');
    await vi.waitFor(() => expect(heard).toEqual(['told', 'x.y']));
    expect([states[0], states[1], states.at(-1)]).toEqual(['connected', 'connecting', 'connected']);
  });

  it('fails calls under way when the connection breaks, and does not repeat them', async () => {
    const [server, client] = [open(), open()];
    await provide(server);
    const call = client.invoke('test.echo', 'never');
    const outcome = expect(call).rejects.toEqual(fails('connection-failed'));
    await vi.waitFor(() => expect(wire.some(({ message }) => message.method === 'never')).toBe(true));
    ubusd.dropClients();
    await outcome;
  });

  it('puts an object back whose path was taken meanwhile, once it is free', async () => {
    const errors: string[] = [];
    const server = open({ onError: (_error, what) => errors.push(what) });
    const object = await provide(server);
    await ubusd.close();
    ubusd = await start();
    const thief = connectUbus({ path, retryFirstMs: 1, retryMaxMs: 1 });
    opened.push(thief);
    await server.ready();
    if (object.id === undefined) await thief.close();
    await vi.waitFor(() => expect(object.id).toBeDefined(), 3_000);
    expect(ubusd.objectPaths()).toEqual(['test.echo']);
  });

  it('waits for ubusd to appear, within the time limit', async () => {
    await ubusd.close();
    const ubus = open();
    await expect(ubus.lookup('x', { timeoutMs: 40 })).rejects.toEqual(fails('timeout'));
    const later = ubus.lookup('x');
    ubusd = await start();
    expect(await later).toEqual([]);
  });

  it('lets calls being served finish when it closes', async () => {
    const [server, client] = [open(), open()];
    let release: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      void server.addObject({
        path: 'slow',
        methods: {
          run: method({}, async () => {
            resolve();
            await new Promise<void>((done) => {
              release = done;
            });
            return { done: true };
          }),
        },
      });
    });
    await vi.waitFor(() => expect(ubusd.objectPaths()).toEqual(['slow']));
    const call = client.invoke('slow', 'run');
    await started;
    const closing = server.close();
    release();
    expect(await call).toEqual({ done: true });
    await closing;
    await expect(server.lookup()).rejects.toEqual(fails('connection-failed'));
    expect(server.state).toBe('closed');
    await vi.waitFor(() => expect(ubusd.objectPaths()).toEqual([]));
  });

  it('closes at once on abort, also before it ever connected', async () => {
    const controller = new AbortController();
    const ubus = open({ path: join(directory, 'nowhere'), signal: controller.signal });
    const call = expect(ubus.invoke('a', 'b')).rejects.toEqual(fails('connection-failed'));
    controller.abort();
    await call;
    await ubus.close();
    expect(ubus.state).toBe('closed');
  });

  it('hangs up on a server that does not speak ubus', async () => {
    const other = join(directory, 'other');
    const server = createServer(
      (socket) => void socket.on('error', () => undefined).write('SSH-2.0-nonsense\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(other, resolve));
    const causes: unknown[] = [];
    const ubus = open({ path: other, onState: (_state, cause) => causes.push(cause) });
    await vi.waitFor(() => expect(causes[0]).toMatchObject({ code: 'connection-failed' }));
    expect((causes[0] as Error).cause).toMatchObject({ code: 'parse-error' });
    await ubus.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
