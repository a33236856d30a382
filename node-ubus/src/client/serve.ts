import type { Message } from '../codec/message.ts';
import { decodeTable, encodeTable, type UbusInputTable, type UbusTable } from '../codec/values.ts';
import { UbusError } from '../errors.ts';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import type { Session } from './session.ts';

/** What a handler may give back: the reply's data, or nothing for a bare success. */
export type Answer = UbusInputTable | undefined;

/** Turns the outcome of a handler into a status; errors that are not ubus's are reported and hidden. */
const statusOf = (error: unknown, report: (error: unknown) => void): number => {
  if (error instanceof UbusError) return error.status;
  report(error);
  return STATUS['unknown-error'];
};

/** Sends DATA and STATUS, both with the caller's number and id and with our object's (`libubus-obj.c`). */
const sendAnswer = (session: Session, call: Message, objId: number, answer: Answer, status: number): void => {
  const back = { seq: call.seq, peer: call.peer, objId };
  if (answer) session.send({ ...back, type: MESSAGE_TYPE.data, data: encodeTable(answer) });
  session.send({ ...back, type: MESSAGE_TYPE.status, status });
};

/**
 * Answers one INVOKE with what `handle` returns or throws. Notifications sent with NO_REPLY and events (peer 0)
 * get no answer. Never rejects: the promise settles when the answer is on its way.
 */
export const serveInvoke = async (
  session: Session,
  call: Message,
  handle: (data: UbusTable) => Answer | Promise<Answer>,
  report: (error: unknown) => void,
): Promise<void> => {
  const objId = call.objId ?? 0;
  const wantsAnswer = call.peer !== 0 && call.noReply !== true;
  let status: number = STATUS.ok;
  let answer: Answer;
  try {
    const data = call.data && decodeTable(call.data);
    if (data === undefined) throw new UbusError('invalid-argument', 'the data of the call is not blobmsg');
    answer = await handle(data);
  } catch (error) {
    status = statusOf(error, report);
  }
  if (!wantsAnswer || session.signal.aborted) return;
  try {
    sendAnswer(session, call, objId, answer, status);
  } catch (error) {
    report(error);
    // The reply is too large or cannot be said in blobmsg: the caller must still hear an end.
    if (!session.signal.aborted) trySend(session, call, objId);
  }
};

const trySend = (session: Session, call: Message, objId: number): void => {
  try {
    sendAnswer(session, call, objId, undefined, STATUS['system-error']);
  } catch {
    // The connection is gone or clogged; the caller's own time limit ends the call.
  }
};

/** Starts to serve, and lets a graceful close wait for it. */
export const trackServing = (session: Session, work: Promise<void>): void => {
  const tracked = work.finally(() => session.serving.delete(tracked));
  session.serving.add(tracked);
};
