import { decodeFields, encodeFields } from '../codec/blobmsg.ts';
import type { Message } from '../codec/message.ts';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import type { BusClient, BusObject } from './bus-parts.ts';

/** ubusd's event object (id 1), after `ubusd_event.c`. */
export interface Events {
  /** Answers `register` and `send`; returns the status. */
  serve(client: BusClient, message: Message, findObject: (id: number) => BusObject | undefined): number;
  /** Delivers an event to every matching object once, never back to its sender. */
  send(sender: BusClient | undefined, id: string, data: Uint8Array): void;
  forget(object: BusObject): void;
}

/** No patterns yet. */
export const createEvents = (): Events => {
  const patterns: { readonly object: BusObject; readonly pattern: string }[] = [];
  let eventSeq = 0;

  const register = (
    client: BusClient,
    data: Uint8Array,
    findObject: (id: number) => BusObject | undefined,
  ): number => {
    const fields = decodeFields(data) ?? [];
    const pattern = fields.find(({ name, type }) => name === 'pattern' && type === 'string');
    const id = fields.find(({ name, type }) => name === 'object' && type === 'int32');
    if (pattern?.type !== 'string' || id?.type !== 'int32') return STATUS['invalid-argument'];
    const object = findObject(id.value >>> 0);
    if (object === undefined) return STATUS['not-found'];
    if (object.client !== client || pattern.value === '') return STATUS['permission-denied'];
    patterns.push({ object, pattern: pattern.value });
    return STATUS.ok;
  };

  const events: Events = {
    serve(client, { method, data }, findObject) {
      if (method !== 'register' && method !== 'send') return STATUS['invalid-command'];
      if (data === undefined) return STATUS['invalid-argument'];
      if (method === 'register') return register(client, data, findObject);
      const fields = decodeFields(data) ?? [];
      const id = fields.find(({ name, type }) => name === 'id' && type === 'string');
      const table = fields.find(({ name, type }) => name === 'data' && type === 'table');
      if (id?.type !== 'string' || table?.type !== 'table') return STATUS['invalid-argument'];
      if (id.value.startsWith('ubus.')) return STATUS['permission-denied'];
      events.send(client, id.value, encodeFields(table.fields));
      return STATUS.ok;
    },
    send(sender, id, data) {
      const isMatch = (pattern: string) =>
        pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
      const receivers = new Set(
        patterns.flatMap(({ object, pattern }) => (isMatch(pattern) ? [object] : [])),
      );
      for (const object of receivers) {
        if (object.client === sender) continue;
        eventSeq = (eventSeq + 1) & 0xffff;
        object.client.send({
          type: MESSAGE_TYPE.invoke,
          seq: eventSeq,
          peer: 0,
          objId: object.id,
          method: id,
          data,
        });
      }
    },
    forget(object) {
      for (let index = patterns.length - 1; index >= 0; index--)
        if (patterns[index]!.object === object) patterns.splice(index, 1);
    },
  };
  return events;
};
