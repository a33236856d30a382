/** WireGuard sessions by the index that the beacon chose for them. */
import type { Leg, Session } from './node-table.ts';
import { createReplayWindow } from './replay-window.ts';
import { REJECT_AFTER_TIME_MS, readIndex } from './wireguard-messages.ts';

/** What a handshake leaves: who, both indexes, both keys. */
export type AgreedSession = Omit<Session, 'bornMs' | 'window' | 'nextCounter'>;

/** Is the session too old to be used? */
export const isExpired = (session: Session, nowMs: number): boolean =>
  nowMs - session.bornMs >= REJECT_AFTER_TIME_MS;

/** Creates an empty table. Indexes are random, so that nobody can guess a session's. */
export const createSessionTable = (randomBytes: (sizeBytes: number) => Uint8Array) => {
  const byIndex = new Map<number, Session>();

  const remove = (session: Session | undefined): void => {
    if (session !== undefined) byIndex.delete(session.index);
  };

  return {
    /** The session with this index at this beacon. */
    find(index: number, beaconIndex: number): Session | undefined {
      const session = byIndex.get(index);
      return session?.beaconIndex === beaconIndex ? session : undefined;
    },

    /** An index that no session has. */
    pickIndex(): number {
      for (;;) {
        const index = readIndex(randomBytes(4), 0);
        if (!byIndex.has(index)) return index;
      }
    },

    /** Adds a session as its leg's next, in the place of one that was never confirmed. */
    add(agreed: AgreedSession, nowMs: number): void {
      const { leg, index } = agreed;
      remove(leg.next);
      leg.next = { ...agreed, bornMs: nowMs, window: createReplayWindow(), nextCounter: 0 };
      byIndex.set(index, leg.next);
    },

    /** The node used the session, so it has the keys: the next one becomes the current one. */
    confirm(session: Session): void {
      const { leg } = session;
      if (leg.next !== session) return;
      remove(leg.previous);
      leg.previous = leg.current;
      leg.current = session;
      leg.next = undefined;
    },

    /** Removes a leg's expired sessions, or all of them. */
    expire(leg: Leg, nowMs: number = Number.POSITIVE_INFINITY): void {
      for (const slot of ['next', 'current', 'previous'] as const) {
        const session = leg[slot];
        if (session === undefined || !isExpired(session, nowMs)) continue;
        remove(session);
        leg[slot] = undefined;
      }
    },

    /** How many sessions there are. */
    count: (): number => byIndex.size,
  };
};
export type SessionTable = ReturnType<typeof createSessionTable>;
