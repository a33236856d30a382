/** UDP sockets inside a machine, driven from the lab. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LabProcess } from '../lab-process.ts';
import type { Machine } from '../machine.ts';

/** A datagram as a socket received it; `from` is `address:port`. */
export interface Datagram {
  readonly from: string;
  readonly text: string;
}

type Message =
  | { readonly event: 'bound'; readonly id: string; readonly port: number }
  | { readonly event: 'received'; readonly id: string; readonly from: string; readonly text: string };

/** One socket of a `UdpPeer`. */
export class UdpSocket {
  readonly received: Datagram[] = [];
  readonly port: number;
  readonly #machine: Machine;
  readonly #send: (to: string, text: string) => void;

  constructor(machine: Machine, port: number, send: (to: string, text: string) => void) {
    this.#machine = machine;
    this.port = port;
    this.#send = send;
  }

  /** Sends to `address:port`, IPv6 in brackets. */
  send(to: string, text: string): void {
    this.#send(to, text);
  }

  /** Has a datagram with this text arrived? */
  has(text: string): boolean {
    return this.received.some((datagram) => datagram.text === text);
  }

  /** Waits for the datagram with this text. */
  async receive(text: string, timeoutMs = 2_000): Promise<Datagram> {
    await this.#machine.waitFor(() => this.has(text), timeoutMs);
    return this.received.find((datagram) => datagram.text === text)!;
  }
}

/** A process in a machine that opens sockets for the lab. */
export class UdpPeer implements AsyncDisposable {
  readonly #machine: Machine;
  readonly #process: LabProcess;
  readonly #sockets = new Map<string, UdpSocket>();
  readonly #bound = new Map<string, (port: number) => void>();
  #count = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    const script = join(import.meta.dirname, 'udp-peer-process.ts');
    this.#process = machine.spawn(process.execPath, [script], { stdin: 'pipe' });
    createInterface({ input: this.#process.stdout! }).on('line', (line) =>
      this.#handle(JSON.parse(line) as Message),
    );
  }

  /** Opens a socket of the address's family; port 0 lets the machine choose. */
  async bind(address = '0.0.0.0', port = 0): Promise<UdpSocket> {
    const id = String(++this.#count);
    const bound = new Promise<number>((resolve) => this.#bound.set(id, resolve));
    this.#tell({ do: 'bind', id, address, port });
    const failed = this.#process.exited.then(() => {
      throw new Error(`the UDP peer on ${this.#machine.id} ended: ${this.#process.output()}`);
    });
    const socket = new UdpSocket(this.#machine, await Promise.race([bound, failed]), (to, text) => {
      const at = to.lastIndexOf(':');
      this.#tell({
        do: 'send',
        id,
        address: to.slice(0, at).replace(/^\[|\]$/g, ''),
        port: to.slice(at + 1),
        text,
      });
    });
    this.#sockets.set(id, socket);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }

  #tell(command: object): void {
    this.#process.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  #handle(message: Message): void {
    if (message.event === 'bound') this.#bound.get(message.id)?.(message.port);
    else this.#sockets.get(message.id)?.received.push({ from: message.from, text: message.text });
  }
}
