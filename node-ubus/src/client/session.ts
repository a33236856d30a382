/**
 * One connection to ubusd, from HELLO to its end: framing, requests and their answers, dispatch to the objects
 * that were added on it. Nothing here outlives the connection; `client.ts` opens the next one.
 */
import { connect, type Socket } from 'node:net';
import { encodeMessage, type Message, type MessageAttrs } from '../codec/message.ts';
import { createMessageReader } from '../codec/message-reader.ts';
import { UbusError } from '../errors.ts';
import { codeOfStatus, MESSAGE_TYPE } from '../protocol.ts';
import { createRequests, type Requests } from './requests.ts';

/** A client that ubusd does not read from may queue this much before calls fail with `no-memory`. */
const MAX_QUEUED_BYTES = 16 * 1024 * 1024;

/** What to send and how to take the answers. */
export interface Request {
  readonly type: number;
  readonly peer?: number;
  readonly attrs?: MessageAttrs;
  readonly signal: AbortSignal;
  /** Each DATA answer, synchronously: what comes right behind it on the wire may depend on it. */
  readonly onData?: (message: Message) => void;
}

/** The open connection. */
export interface Session {
  /** Our id at ubusd, from HELLO. */
  readonly clientId: number;
  /** Aborted with the reason when the connection ends. */
  readonly signal: AbortSignal;
  /** Receivers of INVOKE, NOTIFY and UNSUBSCRIBE, by our object's id. */
  readonly objects: Map<number, (message: Message) => void>;
  /** Ids of others' objects that were looked up on this connection. */
  readonly ids: Map<string, number>;
  readonly requests: Requests;
  /** Answers being worked on, which a graceful close waits for. */
  readonly serving: Set<Promise<void>>;
  /** Writes one message. Throws RangeError if too large, UbusError if closed or clogged. */
  send(message: Message): void;
  /** Sends and waits for STATUS, which it returns whatever it says; rejects with the signal's reason. */
  request(request: Request): Promise<Message>;
  /** Flushes what was sent and ends the connection. */
  end(): void;
  /** Ends it at once. */
  destroy(reason: Error): void;
}

const lost = (cause?: unknown): UbusError =>
  new UbusError('connection-failed', 'the connection to ubusd was lost', { cause });

const requestOn = (session: Session, request: Request): Promise<Message> =>
  new Promise((resolve, reject) => {
    const { type, peer = 0, attrs = {}, signal, onData } = request;
    if (signal.aborted) return reject(signal.reason);
    const finish = (settle: () => void) => {
      session.requests.close(seq);
      signal.removeEventListener('abort', abort);
      settle();
    };
    const abort = () => finish(() => reject(signal.reason));
    const seq = session.requests.open({
      expects: (from) => from === peer,
      accept(message) {
        if (message.type === MESSAGE_TYPE.data) onData?.(message);
        else finish(() => resolve(message));
      },
      fail: (error) => finish(() => reject(error)),
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      session.send({ ...attrs, type, seq, peer });
    } catch (error) {
      finish(() => reject(error));
    }
  });

/** Where an incoming message goes once HELLO is through. */
const route = (session: Session, message: Message): void => {
  switch (message.type) {
    case MESSAGE_TYPE.status:
    case MESSAGE_TYPE.data:
      session.requests.dispatch(message);
      return;
    case MESSAGE_TYPE.invoke:
    case MESSAGE_TYPE.notify:
    case MESSAGE_TYPE.unsubscribe: {
      const receive = session.objects.get(message.objId ?? 0);
      if (receive) receive(message);
      else if (message.type === MESSAGE_TYPE.invoke && message.peer !== 0 && message.objId !== undefined)
        session.send({
          type: MESSAGE_TYPE.status,
          seq: message.seq,
          peer: message.peer,
          objId: message.objId,
          status: 4,
        });
      return;
    }
  }
};

const createSession = (
  socket: Socket,
  clientId: number,
): { session: Session; fail: (error: Error) => void } => {
  const life = new AbortController();
  const requests = createRequests();
  const session: Session = {
    clientId,
    signal: life.signal,
    objects: new Map(),
    ids: new Map(),
    requests,
    serving: new Set(),
    send(message) {
      if (life.signal.aborted || !socket.writable) throw lost();
      if (socket.writableLength > MAX_QUEUED_BYTES) throw new UbusError('no-memory', 'ubusd does not read');
      socket.write(encodeMessage(message));
    },
    request: (request) => requestOn(session, request),
    end: () => void socket.end(),
    destroy: (reason) => void socket.destroy(reason),
  };
  const fail = (error: Error) => {
    if (life.signal.aborted) return;
    life.abort(error);
    session.objects.clear();
    requests.failAll(error);
  };
  return { session, fail };
};

/** Connects and waits for HELLO. Rejects with `connection-failed`, or the signal's reason. */
export const openSession = (path: string, signal: AbortSignal): Promise<Session> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect(path);
    const reader = createMessageReader();
    let opened: ReturnType<typeof createSession> | undefined;
    let cause: unknown;
    const abort = () => socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    const accept = (message: Message) => {
      if (opened) return route(opened.session, message);
      if (message.type !== MESSAGE_TYPE.hello) return;
      opened = createSession(socket, message.peer);
      signal.removeEventListener('abort', abort);
      resolve(opened.session);
    };
    socket.on('data', (chunk) => {
      const messages = reader.push(chunk);
      if (messages === undefined) socket.destroy(new UbusError('parse-error', 'ubusd sent something else'));
      try {
        for (const message of messages ?? []) accept(message);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      signal.removeEventListener('abort', abort);
      if (opened) return opened.fail(lost(cause));
      reject(
        signal.aborted ? signal.reason : new UbusError('connection-failed', `connect to ${path}`, { cause }),
      );
    });
  });

/** Throws the error that a STATUS stands for, unless it is success; `what` names what was tried. */
export const throwUnlessOk = (answer: Message, what: string): void => {
  if (answer.status === 0) return;
  const code = answer.status === undefined ? 'parse-error' : codeOfStatus(answer.status);
  throw new UbusError(code, `${what}: ${code}`);
};
