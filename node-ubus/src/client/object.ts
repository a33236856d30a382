/**
 * Objects we provide: methods that others invoke, and notifications to those who subscribed.
 */
import type { Message } from '../codec/message.ts';
import { decodeTable, encodeTable, type UbusInputTable, type UbusTable } from '../codec/values.ts';
import { UbusError } from '../errors.ts';
import { codeOfStatus, MESSAGE_TYPE, type UbusErrorCode } from '../protocol.ts';
import { type ArgSpec, type ArgsOf, checkArgs, encodeSignature } from '../signature.ts';
import {
  addObjectOn,
  type CallLimits,
  type Registration,
  type RegistrationHost,
  removeObjectOn,
} from './registration.ts';
import { type Answer, serveInvoke, trackServing } from './serve.ts';
import type { Session } from './session.ts';

/** Who calls, and with what. */
export interface UbusCall {
  readonly method: string;
  /** All that came in, declared or not. */
  readonly raw: UbusTable;
  /** User and group of the calling process as ubusd saw them, where it says so. */
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** The caller's client id. */
  readonly callerId: number;
  /** Aborted when the connection ends: nobody will get the answer. */
  readonly signal: AbortSignal;
}

/** A method, made by `method`. */
export interface UbusMethod {
  readonly args: ArgSpec;
  handle(given: UbusTable, call: UbusCall): Answer | Promise<Answer>;
}

/**
 * A method with typed arguments. They are checked before `handle` runs; what does not fit is answered with
 * `invalid-argument`. Throw a UbusError to answer with its status.
 */
export const method = <const S extends ArgSpec>(
  args: S,
  handle: (args: ArgsOf<S>, call: UbusCall) => Answer | Promise<Answer>,
): UbusMethod => ({
  args,
  handle(given, call) {
    const checked = checkArgs(args, given);
    if (checked === undefined) throw new UbusError('invalid-argument', `arguments of ${call.method}`);
    return handle(checked, call);
  },
});

/** An object to provide. */
export interface ObjectDefinition {
  /** Its name on the bus; unique. */
  readonly path: string;
  readonly methods: Readonly<Record<string, UbusMethod>>;
  /** Told when the first subscriber came or the last one left. */
  readonly onSubscribers?: (hasSubscribers: boolean) => void;
}

/** One subscriber's answer to a notification. */
export interface NotifyReply {
  readonly subscriberId: number;
  /** `ok`, the code of its status, or `timeout` if it did not answer. */
  readonly code: 'ok' | UbusErrorCode;
  readonly data: UbusTable | undefined;
}

/** A provided object. */
export interface UbusObject extends AsyncDisposable {
  readonly path: string;
  /** Its id on the present connection; undefined while there is none. */
  readonly id: number | undefined;
  readonly hasSubscribers: boolean;
  /** Tells all subscribers, without an answer. Does nothing while disconnected: nobody is subscribed then. */
  notify(type: string, data?: UbusInputTable): void;
  /** Tells all subscribers and waits until each has answered, or the time is up. */
  notifyAndWait(type: string, data?: UbusInputTable, limits?: CallLimits): Promise<NotifyReply[]>;
  /** Takes it off the bus for good. */
  remove(): Promise<void>;
}

const EMPTY: UbusInputTable = {};

/**
 * Sends NOTIFY and gathers the answers: first STATUS with the list of subscribers, then DATA and STATUS of each,
 * under the same number, their object as the peer (`ubus_process_notify_status` in `libubus-req.c`).
 */
const gatherReplies = (
  session: Session,
  signal: AbortSignal,
  notification: { readonly objId: number; readonly method: string; readonly data: Uint8Array },
): Promise<NotifyReply[]> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const replies = new Map<number, { code: 'ok' | UbusErrorCode; data: UbusTable | undefined }>();
    const waiting = new Set<number>();
    let hasList = false;
    const finish = (settle: () => void) => {
      session.requests.close(seq);
      signal.removeEventListener('abort', abort);
      settle();
    };
    const settle = () =>
      finish(() => resolve([...replies].map(([subscriberId, reply]) => ({ subscriberId, ...reply }))));
    const isTimeout = (error: unknown) => error instanceof UbusError && error.code === 'timeout';
    const abort = () =>
      hasList && isTimeout(signal.reason) ? settle() : finish(() => reject(signal.reason));
    const acceptList = ({ status, subscribers }: Message) => {
      if (status !== 0) return finish(() => reject(refusal(notification.method, status)));
      hasList = true;
      for (const id of subscribers ?? []) {
        waiting.add(id);
        replies.set(id, { code: 'timeout', data: undefined });
      }
      if (waiting.size === 0) settle();
    };
    const seq = session.requests.open({
      expects: (peer) => (hasList ? waiting.has(peer) : peer === notification.objId),
      accept(message) {
        if (!hasList) return acceptList(message);
        const reply = replies.get(message.peer)!;
        if (message.type === MESSAGE_TYPE.data) {
          reply.data ??= message.data && decodeTable(message.data);
          return;
        }
        reply.code = message.status === 0 ? 'ok' : codeOfStatus(message.status ?? -1);
        waiting.delete(message.peer);
        if (waiting.size === 0) settle();
      },
      fail: (error) => finish(() => reject(error)),
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      session.send({ ...notification, type: MESSAGE_TYPE.notify, seq, peer: notification.objId });
    } catch (error) {
      finish(() => reject(error));
    }
  });

const refusal = (type: string, status: number | undefined): UbusError => {
  const code = codeOfStatus(status ?? -1);
  return new UbusError(code, `notify ${type}: ${code}`);
};

const dispatchCall =
  (definition: ObjectDefinition, session: Session, message: Message) => (raw: UbusTable) => {
    const name = message.method ?? '';
    const called = Object.hasOwn(definition.methods, name) ? definition.methods[name] : undefined;
    if (called === undefined) throw new UbusError('method-not-found', `${definition.path} has no ${name}`);
    return called.handle(raw, {
      method: name,
      raw,
      user: message.user,
      group: message.group,
      callerId: message.peer,
      signal: session.signal,
    });
  };

/** The object and how to put it on a connection. */
export const createObject = (
  definition: ObjectDefinition,
  host: RegistrationHost,
): { readonly object: UbusObject; readonly registration: Registration } => {
  const { path, methods } = definition;
  const signature = encodeSignature(Object.fromEntries(Object.entries(methods).map(([k, v]) => [k, v.args])));
  const what = `object ${path}`;
  let at: { readonly session: Session; readonly id: number } | undefined;
  let hasSubscribers = false;

  const setSubscribers = (active: boolean) => {
    if (active === hasSubscribers) return;
    hasSubscribers = active;
    try {
      definition.onSubscribers?.(active);
    } catch (error) {
      host.report(error, what);
    }
  };
  const receive = (session: Session, message: Message) => {
    if (message.type === MESSAGE_TYPE.notify) return setSubscribers(message.active === true);
    if (message.type !== MESSAGE_TYPE.invoke) return;
    const handle = dispatchCall(definition, session, message);
    const report = (error: unknown) => host.report(error, `${what}: ${message.method}`);
    trackServing(
      session,
      serveInvoke(session, message, async (raw) => handle(raw), report),
    );
  };
  const present = () => (at && !at.session.signal.aborted ? at : undefined);
  const remove = async () => {
    host.forget(registration);
    const last = present();
    at = undefined;
    if (last)
      await host.limited(`remove ${path}`, undefined, (s) => removeObjectOn(last.session, s, last.id));
  };
  const registration: Registration = {
    what,
    async attach(session, signal) {
      setSubscribers(false);
      const id = await addObjectOn(session, signal, { objPath: path, signature }, (m) => receive(session, m));
      at = { session, id };
    },
    detach: () => remove(),
  };
  const object: UbusObject = {
    path,
    get id() {
      return present()?.id;
    },
    get hasSubscribers() {
      return hasSubscribers && present() !== undefined;
    },
    notify(type, data = EMPTY) {
      const last = present();
      if (!last) return;
      const { session, id } = last;
      const attrs = { objId: id, method: type, data: encodeTable(data), noReply: true };
      session.send({ ...attrs, type: MESSAGE_TYPE.notify, seq: session.requests.skip(), peer: id });
    },
    notifyAndWait: (type, data = EMPTY, limits) =>
      host.limited(`notify ${type}`, limits, async (signal) => {
        const last = present();
        if (!last) return [];
        return gatherReplies(last.session, signal, { objId: last.id, method: type, data: encodeTable(data) });
      }),
    remove,
    [Symbol.asyncDispose]: remove,
  };
  return { object, registration };
};
