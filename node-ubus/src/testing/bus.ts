/**
 * The routing of ubusd without its socket: ids, lookups, invocations, subscriptions, notifications. Follows
 * `ubusd_proto.c` and `ubusd_obj.c` answer by answer, so that a program tested against it meets no surprise on
 * a router. Left out: access rules (everyone is root), the monitor, file descriptors.
 */
import { decodeFields } from '../codec/blobmsg.ts';
import type { Message, MessageAttrs } from '../codec/message.ts';
import { encodeTable } from '../codec/values.ts';
import { MESSAGE_TYPE, STATUS, SYSTEM_OBJECT } from '../protocol.ts';
import type { BusClient, BusObject } from './bus-parts.ts';
import { createEvents } from './events.ts';

/** The bus. */
export interface Bus {
  connect(who: { readonly user: string; readonly group: string; send(message: Message): void }): BusClient;
  receive(client: BusClient, message: Message): void;
  disconnect(client: BusClient): void;
  /** Paths of all objects, sorted. */
  paths(): string[];
}

/** What a handler says: a status to send, or that the answer is not ours to give. */
type Outcome = number | 'no-status';
type Handler = (client: BusClient, message: Message) => Outcome;

/** Random ids as ubusd draws them; above the system objects. */
const drawId = (isTaken: (id: number) => boolean): number => {
  for (;;) {
    const id = Math.floor(Math.random() * 0x1_0000_0000);
    if (id >= SYSTEM_OBJECT.max && !isTaken(id)) return id;
  }
};

const nextSeq = (object: BusObject): number => {
  object.invokeSeq = (object.invokeSeq + 1) & 0xffff;
  return object.invokeSeq;
};

/** The attributes of a forwarded call (`ubusd_forward_invoke`). */
const forwardAttrs = (caller: BusClient, object: BusObject, message: Message): MessageAttrs => ({
  objId: object.id,
  method: message.method!,
  user: caller.user,
  group: caller.group,
  ...(message.data && { data: message.data }),
});

/** An empty bus. */
export const createBus = (): Bus => {
  const clients = new Map<number, BusClient>();
  const objects = new Map<number, BusObject>();
  const events = createEvents();
  const sorted = () =>
    [...objects.values()]
      .filter((object): object is BusObject & { path: string } => object.path !== undefined)
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  const answer = (client: BusClient, to: Message, type: number, attrs: MessageAttrs) =>
    client.send({ ...attrs, type, seq: to.seq, peer: to.peer });

  const announce = (object: BusObject, isNew: boolean) => {
    if (object.path === undefined) return;
    const data = encodeTable({ id: object.id | 0, path: object.path });
    events.send(undefined, isNew ? 'ubus.object.add' : 'ubus.object.remove', data);
  };
  const tellActive = (object: BusObject) =>
    object.client.send({
      type: MESSAGE_TYPE.notify,
      seq: nextSeq(object),
      peer: 0,
      objId: object.id,
      active: object.subscribers.size > 0,
    });
  const unsubscribe = (subscriber: BusObject, target: BusObject) => {
    target.subscribers.delete(subscriber);
    if (target.subscribers.size === 0) tellActive(target);
  };
  const freeObject = (object: BusObject) => {
    for (const target of objects.values()) if (target.subscribers.has(object)) unsubscribe(object, target);
    for (const subscriber of [...object.subscribers]) {
      subscriber.client.send({
        type: MESSAGE_TYPE.unsubscribe,
        seq: nextSeq(subscriber),
        peer: 0,
        objId: subscriber.id,
        target: object.id,
      });
      unsubscribe(subscriber, object);
    }
    events.forget(object);
    objects.delete(object.id);
    announce(object, false);
  };

  const addObject: Handler = (client, message) => {
    const { objPath, signature } = message;
    const isTaken = objPath !== undefined && sorted().some(({ path }) => path === objPath);
    if (isTaken || (signature && decodeFields(signature) === undefined)) return STATUS['invalid-argument'];
    const id = drawId((candidate) => objects.has(candidate));
    const typeId = signature && drawId(() => false);
    const object: BusObject = {
      id,
      client,
      path: objPath,
      typeId,
      signature,
      subscribers: new Set(),
      invokeSeq: 0,
    };
    objects.set(id, object);
    announce(object, true);
    const attrs = { objId: id, ...(typeId !== undefined && { objType: typeId }) };
    answer(client, message, MESSAGE_TYPE.data, attrs);
    return STATUS.ok;
  };

  const removeObject: Handler = (client, message) => {
    if (message.objId === undefined) return STATUS['invalid-argument'];
    const object = objects.get(message.objId);
    if (object === undefined) return STATUS['not-found'];
    if (object.client !== client) return STATUS['permission-denied'];
    const attrs = { objId: object.id, ...(object.typeId !== undefined && { objType: object.typeId }) };
    answer(client, message, MESSAGE_TYPE.data, attrs);
    freeObject(object);
    return STATUS.ok;
  };

  const sendObject = (client: BusClient, message: Message, object: BusObject) => {
    if (object.path === undefined || object.typeId === undefined || object.signature === undefined) return;
    answer(client, message, MESSAGE_TYPE.data, {
      objPath: object.path,
      objId: object.id,
      objType: object.typeId,
      signature: object.signature,
    });
  };
  const lookup: Handler = (client, message) => {
    const wanted = message.objPath;
    if (wanted === '') return STATUS['invalid-argument'];
    const found = sorted().filter(
      ({ path }) =>
        wanted === undefined ||
        (wanted.endsWith('*') ? path.startsWith(wanted.slice(0, -1)) : path === wanted),
    );
    for (const object of found) sendObject(client, message, object);
    return wanted === undefined || found.length > 0 ? STATUS.ok : STATUS['not-found'];
  };

  const invoke: Handler = (client, message) => {
    if (message.method === undefined || message.objId === undefined) return STATUS['invalid-argument'];
    if (message.objId === SYSTEM_OBJECT.event) return events.serve(client, message, (id) => objects.get(id));
    const object = objects.get(message.objId);
    if (object === undefined) return STATUS['not-found'];
    object.client.send({
      ...forwardAttrs(client, object, message),
      type: MESSAGE_TYPE.invoke,
      seq: message.seq,
      peer: client.id,
    });
    return 'no-status';
  };

  const notify: Handler = (client, message) => {
    if (message.method === undefined || message.objId === undefined) return STATUS['invalid-argument'];
    const object = objects.get(message.objId);
    if (object === undefined) return STATUS['not-found'];
    if (object.client !== client) return STATUS['permission-denied'];
    const noReply = message.noReply === true;
    if (!noReply)
      answer(client, message, MESSAGE_TYPE.status, {
        objId: object.id,
        subscribers: [...object.subscribers].map(({ id }) => id),
        status: STATUS.ok,
      });
    for (const subscriber of object.subscribers)
      subscriber.client.send({
        ...forwardAttrs(client, subscriber, message),
        ...(noReply && { noReply }),
        type: MESSAGE_TYPE.invoke,
        seq: message.seq,
        peer: client.id,
      });
    return 'no-status';
  };

  /** An object's answer goes to the client that its `peer` names, with the object as the new peer. */
  const forwardAnswer: Handler = (client, message) => {
    const object = message.objId === undefined ? undefined : objects.get(message.objId);
    const isWhole =
      message.type === MESSAGE_TYPE.status ? message.status !== undefined : message.data !== undefined;
    if (isWhole && object?.client === client)
      clients.get(message.peer)?.send({ ...message, peer: object.id });
    return 'no-status';
  };

  const subscribe: Handler = (client, { objId, target: targetId }) => {
    if (objId === undefined || targetId === undefined) return STATUS['invalid-argument'];
    const [object, target] = [objects.get(objId), objects.get(targetId)];
    if (object === undefined) return STATUS['not-found'];
    if (object.client !== client) return STATUS['invalid-argument'];
    if (target === undefined) return STATUS['not-found'];
    if (target.client === client) return STATUS['invalid-argument'];
    target.subscribers.add(object);
    if (target.subscribers.size === 1) tellActive(target);
    return STATUS.ok;
  };
  const endSubscription: Handler = (client, { objId, target: targetId }) => {
    if (objId === undefined || targetId === undefined) return STATUS['invalid-argument'];
    const [object, target] = [objects.get(objId), objects.get(targetId)];
    if (object === undefined) return STATUS['not-found'];
    if (object.client !== client) return STATUS['invalid-argument'];
    if (!target?.subscribers.has(object)) return STATUS['not-found'];
    unsubscribe(object, target);
    return STATUS.ok;
  };
  const ping: Handler = (client, message) => {
    client.send({ ...message, type: MESSAGE_TYPE.data });
    return STATUS.ok;
  };

  const handlers = new Map<number, Handler>([
    [MESSAGE_TYPE.ping, ping],
    [MESSAGE_TYPE.addObject, addObject],
    [MESSAGE_TYPE.removeObject, removeObject],
    [MESSAGE_TYPE.lookup, lookup],
    [MESSAGE_TYPE.invoke, invoke],
    [MESSAGE_TYPE.status, forwardAnswer],
    [MESSAGE_TYPE.data, forwardAnswer],
    [MESSAGE_TYPE.subscribe, subscribe],
    [MESSAGE_TYPE.unsubscribe, endSubscription],
    [MESSAGE_TYPE.notify, notify],
  ]);
  return {
    connect(who) {
      const client = { ...who, id: drawId((id) => clients.has(id)) };
      clients.set(client.id, client);
      client.send({ type: MESSAGE_TYPE.hello, seq: 0, peer: client.id });
      return client;
    },
    receive(client, message) {
      const outcome = handlers.get(message.type)?.(client, message) ?? STATUS['invalid-command'];
      if (outcome !== 'no-status') answer(client, message, MESSAGE_TYPE.status, { status: outcome });
    },
    disconnect(client) {
      clients.delete(client.id);
      for (const object of [...objects.values()]) if (object.client === client) freeObject(object);
    },
    paths: () => sorted().map(({ path }) => path),
  };
};
