/** Nodes that shake hands with a beacon and send through its relay, as fast as it answers. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '@sidegate/kit';
import {
  type ClientSession,
  consumeResponse,
  encodeInitiation,
  encodeTimestamp,
  encodeTransport,
  type KeyPair,
} from '@sidegate/relay/testing';

/** Answers waited for at once: enough to keep the broker busy, few enough not to overrun socket buffers. */
const WINDOW = 64;
/** Answers that stay out this long are lost packets. */
const STALL_MS = 200;
/** A deadline for everything. */
const GIVE_UP_MS = 30_000;
const RESPONSE_INDEX_OFFSET = 4;

/** Opens a socket on loopback that only ever sees addresses, so nothing is looked up; without a port, for any sender. */
export const openSocket = async (port?: number): Promise<Socket> => {
  const lookup = (address: string, _family: unknown, done: (e: null, a: string, f: number) => void) =>
    done(null, address, 4);
  const socket = createSocket({ type: 'udp4', lookup: lookup as never });
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  socket.setRecvBufferSize(4 * 2 ** 20);
  if (port === undefined) return socket;
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

/** Sends `count` datagrams with a window of answers outstanding; resolves with the answers that came. */
export const pump = async (
  out: Socket,
  back: Socket,
  next: (at: number) => Uint8Array | undefined,
): Promise<number> => {
  const startMs = systemClock.monoMs();
  let sent = 0;
  let received = 0;
  let lost = 0;
  let isDone = false;
  const fill = (): void => {
    while (!isDone && sent - received - lost < WINDOW) {
      const bytes = next(sent);
      isDone = bytes === undefined || systemClock.monoMs() - startMs > GIVE_UP_MS;
      if (isDone) return;
      out.send(bytes!);
      sent++;
    }
  };
  const onMessage = (): void => {
    received++;
    fill();
  };
  back.on('message', onMessage);
  fill();
  for (let seen = -1; !isDone || (received + lost < sent && seen !== received); ) {
    seen = received;
    await systemClock.sleep(STALL_MS);
    if (seen !== received) continue;
    lost = sent - received;
    fill();
  }
  back.off('message', onMessage);
  return received;
};

/** See the top of this file. */
export class BeaconLoad {
  readonly #port: number;
  readonly #beaconKey: Uint8Array;
  readonly #sockets: Socket[] = [];
  #timestampMs = Date.now();

  constructor(port: number, beaconKey: Uint8Array) {
    this.#port = port;
    this.#beaconKey = beaconKey;
  }

  /** Initiations of these nodes, one after the other, in time's order. Made beforehand: making one costs as much. */
  encodeInitiations(keys: readonly KeyPair[], peer: Uint8Array = this.#beaconKey) {
    return keys.map((key, at) => encodeInitiation(key, peer, at, encodeTimestamp(++this.#timestampMs)));
  }

  /** Sends initiations; resolves with the number of responses. */
  async handshakes(initiations: readonly { readonly bytes: Uint8Array }[]): Promise<number> {
    const socket = await this.#open();
    return await pump(socket, socket, (at) => initiations[at]?.bytes);
  }

  /** Registers two nodes and a session between them; resolves with a function that relays for some time. */
  async prepareRelay(
    from: KeyPair,
    to: KeyPair,
    sizeBytes: number,
  ): Promise<(durationMs: number) => Promise<number>> {
    const [out, back] = [await this.#open(), await this.#open()];
    await this.#greet(from, out);
    await this.#greet(to, back);
    const [begun] = this.encodeInitiations([from], to.publicBytes);
    out.send(begun!.bytes);
    await once(back, 'message');
    // The relay reads type and indexes only; the rest is between the nodes.
    const response = new Uint8Array(92);
    response[0] = 2;
    response.set([1, 2, 3, 4], RESPONSE_INDEX_OFFSET);
    response.set(begun!.bytes.subarray(4, 8), RESPONSE_INDEX_OFFSET + 4);
    back.send(response);
    await once(out, 'message');
    const session = {
      ownIndex: 0,
      peerIndex: 0x04030201,
      sendKey: new Uint8Array(32),
      receiveKey: new Uint8Array(32),
    };
    const bytes = encodeTransport(session, 0, new Uint8Array(sizeBytes - 32));
    return (durationMs) => {
      const endMs = systemClock.monoMs() + durationMs;
      return pump(out, back, () => (systemClock.monoMs() < endMs ? bytes : undefined));
    };
  }

  /** Closes the sockets. */
  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  async #greet(key: KeyPair, socket: Socket): Promise<ClientSession> {
    const [begun] = this.encodeInitiations([key]);
    const answer = once(socket, 'message');
    socket.send(begun!.bytes);
    const session = consumeResponse(key, begun!, (await answer)[0] as Buffer);
    if (session === undefined) throw new Error('the beacon answered with something else');
    socket.send(encodeTransport(session, 0));
    return session;
  }

  async #open(): Promise<Socket> {
    const socket = await openSocket(this.#port);
    this.#sockets.push(socket);
    return socket;
  }
}
