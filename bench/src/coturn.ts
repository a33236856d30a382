/**
 * coturn, as Debian has it, relaying for the same load generator: one allocation, one channel bound to the other
 * socket (RFC 8656 sections 7.2 and 12), so that each packet comes in with four bytes of header and goes out without.
 * It listens on loopback only, reads no configuration of the machine, and leaves nothing behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import { openSocket, pump } from './beacon-load.ts';

const START_TRIES = 50;
const START_PAUSE_MS = 100;
/** RFC 8489 section 5, and the methods and attributes of RFC 8656 sections 17 and 18. */
const MAGIC_COOKIE = 0x2112a442;
const ALLOCATE = 0x0003;
const CHANNEL_BIND = 0x0009;
const SUCCESS = 0x0100;
const CHANNEL_NUMBER = 0x000c;
const XOR_PEER_ADDRESS = 0x0012;
const REQUESTED_TRANSPORT = 0x0019;
const UDP = 17;
/** The first of the numbers for channels. */
const CHANNEL = 0x4000;

const encodeRequest = (method: number, attributes: readonly (readonly [number, Buffer])[]): Buffer => {
  const body = attributes.map(([type, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value]);
  });
  const head = Buffer.alloc(8);
  head.writeUInt16BE(method, 0);
  head.writeUInt16BE(Buffer.concat(body).length, 2);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([head, randomBytes(12), ...body]);
};

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Family, port and 127.0.0.1, the latter two mixed with the cookie (RFC 8489 section 14.2). */
const encodeLoopback = (port: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(0x0001, 0);
  bytes.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  bytes.writeUInt32BE((0x7f000001 ^ MAGIC_COOKIE) >>> 0, 4);
  return bytes;
};

/** A running coturn. */
export interface Coturn extends AsyncDisposable {
  readonly pid: number;
  /** CPU time so far, of all its threads. */
  cpuMs(): number;
  /** Allocates and binds; resolves with a function that relays for some time and answers with the packets that came. */
  prepare(sizeBytes: number): Promise<(durationMs: number) => Promise<number>>;
}

const CLOCK_TICK_MS = 10;
/** proc(5): utime and stime are fields 14 and 15; the second may have spaces in it. */
const cpuMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
};

const launch = (directory: string, port: number): ChildProcess =>
  spawn(
    'turnserver',
    [
      ...['-n', '--no-auth', '--no-cli', '--no-tls', '--no-dtls', '--no-tcp', '--no-tcp-relay'],
      ...['--no-multicast-peers', '--allow-loopback-peers', '--log-file', 'stdout'],
      ...['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', String(port)],
      // One thread relays, as what counts is a core.
      ...['--relay-threads', '1', '--userdb', `${directory}/turndb`, '--pidfile', `${directory}/pid`],
    ],
    { stdio: 'ignore' },
  );

/** Starts it on a free port of loopback. Rejects where it does not answer. */
export const startCoturn = async (port: number): Promise<Coturn> => {
  const directory = await mkdtemp(join(tmpdir(), 'coturn-'));
  const server = launch(directory, port);
  const exited = once(server, 'exit');
  // Also where somebody else fails: it must not outlive the bench.
  process.once('exit', () => server.kill());
  const sockets: { close(): void }[] = [];
  const open = async (to?: number) => {
    const socket = await openSocket(to);
    sockets.push(socket);
    return socket;
  };
  const ask = async (socket: Awaited<ReturnType<typeof openSocket>>, method: number, request: Buffer) => {
    // It may not listen yet, and says nothing then.
    for (let tries = 0; tries < START_TRIES; tries++) {
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(START_PAUSE_MS) });
      socket.send(request);
      const bytes = await answer.then(
        ([message]) => message as Buffer,
        () => systemClock.sleep(START_PAUSE_MS),
      );
      if (server.exitCode !== null) break;
      if (bytes === undefined) continue;
      if (bytes.readUInt16BE(0) === (method | SUCCESS)) return;
      throw new Error(`coturn refused ${method}: ${bytes.toString('hex')}`);
    }
    throw new Error('coturn does not run');
  };
  return {
    pid: server.pid!,
    cpuMs: () => cpuMsOf(server.pid!),
    async prepare(sizeBytes) {
      const [out, back] = [await open(port), await open()];
      const transport = word(UDP << 24);
      await ask(out, ALLOCATE, encodeRequest(ALLOCATE, [[REQUESTED_TRANSPORT, transport]]));
      const bind = encodeRequest(CHANNEL_BIND, [
        [CHANNEL_NUMBER, word(CHANNEL * 2 ** 16)],
        [XOR_PEER_ADDRESS, encodeLoopback(back.address().port)],
      ]);
      await ask(out, CHANNEL_BIND, bind);
      const bytes = Buffer.concat([word(CHANNEL * 2 ** 16 + sizeBytes), randomBytes(sizeBytes)]);
      return (durationMs) => {
        const endMs = systemClock.monoMs() + durationMs;
        return pump(out, back, () => (systemClock.monoMs() < endMs ? bytes : undefined));
      };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.close();
      server.kill();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
};
