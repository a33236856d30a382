import type { Message } from '../codec/message.ts';

/** A connected client as the bus sees it. */
export interface BusClient {
  readonly id: number;
  readonly user: string;
  readonly group: string;
  send(message: Message): void;
}

/** An object on the bus. */
export interface BusObject {
  readonly id: number;
  readonly client: BusClient;
  readonly path: string | undefined;
  readonly typeId: number | undefined;
  readonly signature: Uint8Array | undefined;
  readonly subscribers: Set<BusObject>;
  invokeSeq: number;
}
