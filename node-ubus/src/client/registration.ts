/**
 * What survives a reconnect: objects, subscriptions and listeners each know how to attach themselves to a new
 * connection. The client attaches them in the order they were made.
 */
import type { Message } from '../codec/message.ts';
import { UbusError } from '../errors.ts';
import { MESSAGE_TYPE } from '../protocol.ts';
import { type Session, throwUnlessOk } from './session.ts';
import { orAborted } from './timers.ts';

/** Something to put back after a reconnect. */
export interface Registration {
  /** For error reports: `object sidegate`. */
  readonly what: string;
  attach(session: Session, signal: AbortSignal): Promise<void>;
  /** Takes it off the bus and forgets it. Idempotent. */
  detach(): Promise<void>;
}

/** What registrations need of the client. */
export interface RegistrationHost {
  /** The open connection; waits for one until `signal` is aborted. */
  session(signal: AbortSignal): Promise<Session>;
  /** Runs `work` within the client's default time limit. */
  limited<T>(
    what: string,
    options: CallLimits | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Calls `task` later, unless the connection ends first. */
  later(session: Session, delayMs: number, task: () => void): void;
  /** Stops putting it back. */
  forget(registration: Registration): void;
  /** What a handler of the application threw. */
  report(error: unknown, what: string): void;
}

/** Limits of one call. */
export interface CallLimits {
  /** Connecting, looking up and answering together; default from the client's options. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Adds an object on this connection; `receive` gets what is sent to it, from the first message on. */
export const addObjectOn = async (
  session: Session,
  signal: AbortSignal,
  attrs: { readonly objPath?: string; readonly signature?: Uint8Array },
  receive: (message: Message) => void,
): Promise<number> => {
  const what = `add object ${attrs.objPath ?? '(anonymous)'}`;
  let id: number | undefined;
  const added = session.request({
    type: MESSAGE_TYPE.addObject,
    attrs,
    signal: session.signal,
    onData({ objId }) {
      id = objId;
      if (objId !== undefined) session.objects.set(objId, receive);
    },
  });
  const answer = await orAborted(added, signal).catch((error: unknown) => {
    // Given up on, but ubusd may still add it: a path nobody serves must not stay taken.
    added
      .then(() => (id === undefined ? undefined : removeObjectOn(session, session.signal, id)))
      .catch(() => undefined);
    throw error;
  });
  throwUnlessOk(answer, what);
  if (id === undefined) throw new UbusError('no-data', `${what}: no id came back`);
  return id;
};

/** Removes one of our objects, if its connection is still there. */
export const removeObjectOn = async (session: Session, signal: AbortSignal, objId: number): Promise<void> => {
  session.objects.delete(objId);
  if (session.signal.aborted) return;
  throwUnlessOk(
    await session.request({ type: MESSAGE_TYPE.removeObject, attrs: { objId }, signal }),
    'remove object',
  );
};

/** The id behind a path, looked up once per connection. Rejects with `not-found`. */
export const resolvePath = async (session: Session, signal: AbortSignal, path: string): Promise<number> => {
  const known = session.ids.get(path);
  if (known !== undefined) return known;
  let id: number | undefined;
  const answer = await session.request({
    type: MESSAGE_TYPE.lookup,
    attrs: { objPath: path },
    signal,
    onData: (message) => {
      id ??= message.objId;
    },
  });
  throwUnlessOk(answer, `look up ${path}`);
  // ubusd says success and nothing else where its access rules hide the object.
  if (id === undefined) throw new UbusError('permission-denied', `look up ${path}: hidden`);
  session.ids.set(path, id);
  return id;
};
