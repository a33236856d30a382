/**
 * Being told: notifications of one object, and events of the whole bus. Each subscription and each listener is an
 * anonymous object of ours, as in libubus.
 */
import type { Message } from '../codec/message.ts';
import { decodeTable, encodeTable, typed, type UbusTable } from '../codec/values.ts';
import { UbusError } from '../errors.ts';
import { MESSAGE_TYPE, SYSTEM_OBJECT } from '../protocol.ts';
import {
  addObjectOn,
  type Registration,
  type RegistrationHost,
  removeObjectOn,
  resolvePath,
} from './registration.ts';
import { type Answer, serveInvoke, trackServing } from './serve.ts';
import { type Session, throwUnlessOk } from './session.ts';

/** A notification as it came in. */
export interface Notification {
  readonly type: string;
  readonly data: UbusTable;
}

/** How to subscribe. */
export interface SubscribeOptions {
  /** Do not fail while there is no such object: subscribe as soon as it appears. */
  readonly waitForObject?: boolean;
  /** Told when the object appears (true) or goes away (false); it is subscribed to again by itself. */
  readonly onPresence?: (isPresent: boolean) => void;
}

/** A running subscription or listener. */
export interface Subscription extends AsyncDisposable {
  /** Whether it is in force on the present connection. */
  readonly isActive: boolean;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** How often to look for a lost object where this user may not listen for new ones. */
const SEARCH_AGAIN_MS = 5_000;

/** Asks ubusd's event object to send events that match `pattern` to our object (`ubusd_event.c`). */
const registerEvents = async (session: Session, signal: AbortSignal, objId: number, pattern: string) => {
  const answer = await session.request({
    type: MESSAGE_TYPE.invoke,
    peer: SYSTEM_OBJECT.event,
    attrs: {
      objId: SYSTEM_OBJECT.event,
      method: 'register',
      // INT32 with the raw bits: ubusd's policy refuses the INT64 that a large id would become.
      data: encodeTable({ object: typed('int32', objId), pattern }),
    },
    signal,
  });
  throwUnlessOk(answer, `listen for ${pattern}`);
};

const stopperOf =
  (host: RegistrationHost, registration: Registration, take: () => Attached | undefined) => async () => {
    host.forget(registration);
    const last = take();
    if (last && !last.session.signal.aborted)
      await host.limited(`stop ${registration.what}`, undefined, (signal) =>
        removeObjectOn(last.session, signal, last.id),
      );
  };

interface Attached {
  readonly session: Session;
  readonly id: number;
}

/** A listener for events whose id matches `pattern`: exact, or up to a `*` at the end. */
export const createListener = (
  pattern: string,
  onEvent: (id: string, data: UbusTable) => void,
  host: RegistrationHost,
): { readonly subscription: Subscription; readonly registration: Registration } => {
  const what = `listener ${pattern}`;
  let at: Attached | undefined;
  const receive = (session: Session, message: Message) => {
    if (message.type !== MESSAGE_TYPE.invoke) return;
    const handle = (data: UbusTable) => {
      onEvent(message.method ?? '', data);
      return undefined;
    };
    trackServing(
      session,
      serveInvoke(session, message, handle, (error) => host.report(error, what)),
    );
  };
  const registration: Registration = {
    what,
    async attach(session, signal) {
      const id = await addObjectOn(session, signal, {}, (message) => receive(session, message));
      try {
        await registerEvents(session, signal, id, pattern);
      } catch (error) {
        session.objects.delete(id);
        throw error;
      }
      at = { session, id };
    },
    detach: () => stop(),
  };
  const stop = stopperOf(host, registration, () => {
    const last = at;
    at = undefined;
    return last;
  });
  const subscription: Subscription = {
    get isActive() {
      return at !== undefined && !at.session.signal.aborted;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return { subscription, registration };
};

/** A subscription to the notifications of the object at `path`. */
export const createSubscription = (
  path: string,
  onNotify: (notification: Notification) => Answer | Promise<Answer>,
  options: SubscribeOptions,
  host: RegistrationHost,
): { readonly subscription: Subscription; readonly registration: Registration } => {
  const what = `subscription ${path}`;
  let at: Attached | undefined;
  let targetId: number | undefined;
  let hasAttached = false;
  let isStopped = false;
  const report = (error: unknown) => host.report(error, what);

  const setTarget = (id: number | undefined) => {
    const changed = (id === undefined) !== (targetId === undefined);
    targetId = id;
    if (!changed) return;
    try {
      options.onPresence?.(id !== undefined);
    } catch (error) {
      report(error);
    }
  };
  const watch = async ({ session, id }: Attached, signal: AbortSignal): Promise<void> => {
    // Not the id that some call remembered: the object may have been restarted since.
    session.ids.delete(path);
    const target = await resolvePath(session, signal, path);
    const answer = await session.request({
      type: MESSAGE_TYPE.subscribe,
      attrs: { objId: id, target },
      signal,
    });
    throwUnlessOk(answer, `subscribe to ${path}`);
    setTarget(target);
  };
  /** Tries again by itself; an object that is not there is no error then. */
  const watchAgain = (attached: Attached): void => {
    if (isStopped || attached.session.signal.aborted || targetId !== undefined) return;
    host
      .limited(`subscribe to ${path}`, undefined, (signal) => watch(attached, signal))
      .catch((error: unknown) => {
        if (!isNotFound(error)) report(error);
      });
  };
  const searchLater = (attached: Attached): void =>
    host.later(attached.session, SEARCH_AGAIN_MS, () => {
      if (isStopped) return;
      watchAgain(attached);
      searchLater(attached);
    });

  const receive = (session: Session, message: Message) => {
    const attached = { session, id: message.objId ?? 0 };
    if (message.type === MESSAGE_TYPE.unsubscribe) {
      if (message.target !== targetId) return;
      session.ids.delete(path);
      setTarget(undefined);
      // The path may be back already, before ubusd told us that the old object is gone.
      return watchAgain(attached);
    }
    if (message.type !== MESSAGE_TYPE.invoke) return;
    if (message.peer === 0 && message.method === 'ubus.object.add') {
      if (message.data && decodeTable(message.data)?.path === path) watchAgain(attached);
      return;
    }
    const handle = (data: UbusTable) => onNotify({ type: message.method ?? '', data });
    trackServing(session, serveInvoke(session, message, handle, report));
  };
  /** Told of new objects before looking for ours, so that it cannot appear unseen in between. */
  const watchForReturn = async (attached: Attached, signal: AbortSignal): Promise<void> => {
    try {
      await registerEvents(attached.session, signal, attached.id, 'ubus.object.add');
    } catch (error) {
      if (!(error instanceof UbusError) || error.code !== 'permission-denied') throw error;
      searchLater(attached);
    }
  };
  const registration: Registration = {
    what,
    async attach(session, signal) {
      setTarget(undefined);
      const id = await addObjectOn(session, signal, {}, (message) => receive(session, message));
      at = { session, id };
      try {
        await watchForReturn(at, signal);
        await watch(at, signal);
      } catch (error) {
        const mayWait = hasAttached || options.waitForObject === true;
        if (!mayWait || !isNotFound(error)) {
          await removeObjectOn(session, signal, id).catch(() => undefined);
          throw error;
        }
      }
      hasAttached = true;
    },
    detach: () => stop(),
  };
  const stop = stopperOf(host, registration, () => {
    isStopped = true;
    const last = at;
    at = undefined;
    return last;
  });
  const subscription: Subscription = {
    get isActive() {
      return at !== undefined && !at.session.signal.aborted && targetId !== undefined;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return { subscription, registration };
};

const isNotFound = (error: unknown): boolean => error instanceof UbusError && error.code === 'not-found';
