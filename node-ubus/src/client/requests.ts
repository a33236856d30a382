import type { Message } from '../codec/message.ts';
import { UbusError } from '../errors.ts';

/** Someone who waits for the answers to one sequence number. */
interface Pending {
  /** Whether an answer from `peer` is meant for this request. */
  expects(peer: number): boolean;
  accept(message: Message): void;
  fail(error: unknown): void;
}

/** Requests under way on one connection, by sequence number. */
export interface Requests {
  /** Takes a free number. Throws `no-memory` if all 65,536 are in use. */
  open(pending: Pending): number;
  /** A number that is not waited for: what comes back on it is dropped. */
  skip(): number;
  close(seq: number): void;
  /** Hands an answer to whom it belongs; false if nobody waits for it. */
  dispatch(message: Message): boolean;
  failAll(error: unknown): void;
}

const SEQ_COUNT = 0x1_0000;

/**
 * Answers carry the sequence number and the peer of the question (`ubus_find_request` in `libubus-req.c`). Both
 * are compared: numbers wrap at 16 bits, and a late answer must not reach a newer request.
 */
export const createRequests = (): Requests => {
  const pendingBySeq = new Map<number, Pending>();
  let lastSeq = 0;
  const nextSeq = (): number => {
    if (pendingBySeq.size >= SEQ_COUNT) throw new UbusError('no-memory', 'too many ubus requests under way');
    do lastSeq = (lastSeq + 1) % SEQ_COUNT;
    while (pendingBySeq.has(lastSeq));
    return lastSeq;
  };
  return {
    open(pending) {
      const seq = nextSeq();
      pendingBySeq.set(seq, pending);
      return seq;
    },
    skip: nextSeq,
    close: (seq) => void pendingBySeq.delete(seq),
    dispatch(message) {
      const pending = pendingBySeq.get(message.seq);
      if (pending === undefined || !pending.expects(message.peer)) return false;
      pending.accept(message);
      return true;
    },
    failAll(error) {
      const all = [...pendingBySeq.values()];
      pendingBySeq.clear();
      for (const pending of all) pending.fail(error);
    },
  };
};
