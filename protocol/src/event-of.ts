/** Events of a stream as one union, made of the table that has a schema for the data of each. */
import type * as v from 'valibot';

/** `{ event: 'host.removed', data: { id } }` and its like: `event` tells what `data` is. */
export type EventOf<T extends Readonly<Record<string, v.GenericSchema>>> = {
  [K in keyof T]: { event: K; data: v.InferOutput<T[K]> };
}[keyof T];
