/**
 * Sessions of the web UI, in memory. A cookie is worth nothing from another source address: browsers send cookies to
 * every port of a host, and the forwards to the devices of the LAN are ports of this very host.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Clock, newToken } from '@sidegate/kit';
import type { EdgeSession } from '@sidegate/protocol';

const IDLE_LIMIT_MS = 60 * 60_000;
const AGE_LIMIT_MS = 12 * 60 * 60_000;
const SESSIONS_LIMIT = 200;

/** One browser that is logged in; `source` is the address it must come from. */
export interface Session {
  readonly user: EdgeSession['user'];
  readonly source: string;
  readonly csrf: string;
  /** Aborts when the session ends, for whatever reason. */
  readonly signal: AbortSignal;
  /** What the browser may know of it. */
  view(): EdgeSession;
  end(): void;
}

/** All that are open, bounded: the oldest gives way. */
export interface Sessions {
  /** `token` goes into the cookie and is kept nowhere else. */
  open(user: EdgeSession['user'], source: string): { readonly token: string; readonly session: Session };
  /** The session of a cookie that came from `source`, its idle time begun anew. */
  find(token: string | undefined, source: string): Session | undefined;
  endAll(): void;
}

/** Looked up by hash: how long a look-up takes says nothing about tokens. */
const digest = (token: string): string => createHash('sha256').update(token).digest('base64');

/** Do two texts agree? In constant time for texts of one length. */
export const isSameSecret = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

interface Entry {
  readonly session: Session;
  /** Moves the end one idle time ahead, at most to the age limit. */
  touch(): void;
}

const createEntry = (clock: Clock, user: EdgeSession['user'], source: string, onEnd: () => void): Entry => {
  const controller = new AbortController();
  const lastMs = clock.monoMs() + AGE_LIMIT_MS;
  let endsAtMs = 0;
  let timer: Disposable | undefined;
  const end = () => {
    timer?.[Symbol.dispose]();
    onEnd();
    controller.abort(new Error('the session has ended'));
  };
  const touch = () => {
    endsAtMs = Math.min(lastMs, clock.monoMs() + IDLE_LIMIT_MS);
    timer?.[Symbol.dispose]();
    timer = clock.after(endsAtMs - clock.monoMs(), end);
  };
  const csrf = newToken('');
  touch();
  const session: Session = {
    user,
    source,
    csrf,
    signal: controller.signal,
    view: () => ({ user, csrf, expiresAt: Math.round(clock.wallMs() + endsAtMs - clock.monoMs()) }),
    end,
  };
  return { session, touch };
};

/** An empty set of sessions. */
export const createSessions = (clock: Clock): Sessions => {
  const entries = new Map<string, Entry>();
  return {
    open(user, source) {
      const token = newToken('');
      const key = digest(token);
      if (entries.size >= SESSIONS_LIMIT) entries.values().next().value?.session.end();
      const entry = createEntry(clock, user, source, () => void entries.delete(key));
      entries.set(key, entry);
      return { token, session: entry.session };
    },
    find(token, source) {
      const entry = token === undefined ? undefined : entries.get(digest(token));
      if (entry === undefined || entry.session.source !== source) return undefined;
      entry.touch();
      return entry.session;
    },
    endAll() {
      for (const { session } of [...entries.values()]) session.end();
    },
  };
};
