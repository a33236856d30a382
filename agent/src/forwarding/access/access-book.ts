/**
 * Who opened what, and when. A browser makes fifty connections to show one page: those of one machine to one
 * publication are one entry, for as long as there is no long pause between them. A ring, bounded by entries and by
 * bytes: whoever is permitted may make as many connections as they like. Pure; time comes in.
 */
import type { AccessEntry } from '@sidegate/protocol';
import type { Connection } from '../../ports/index.ts';
import type { Access } from './identify-access.ts';

/** After this much silence the next connection is another visit. */
const PAUSE_MS = 5 * 60_000;
const ENTRIES_MAX = 500;
const ENTRIES_MAX_BYTES = 64 * 1024;
/** Connections followed to their end; of more, the beginning is noted only. */
const OPEN_MAX = 4096;
/** Named in one entry. */
const SERVICES_MAX = 8;

interface Visit {
  readonly entry: AccessEntry;
  /** Restored, and perhaps still open: its connections were counted when they began. */
  readonly isAwaited: boolean;
}

interface Open {
  readonly visit: string;
  readonly connection: Connection;
  readonly sinceMs: number;
}

/** See the top of this file. */
export interface AccessBook {
  begin(connection: Connection, nowMs: number): void;
  end(connection: Connection, nowMs: number): void;
  /** What the kernel has open, as read at `readMs`: makes up for what was missed. */
  sync(alive: readonly Connection[], readMs: number): void;
  /** Takes over what an agent before this one noted. */
  restore(entries: readonly AccessEntry[]): void;
  /** Newest first, open connections counted in. */
  list(): readonly AccessEntry[];
  /** Oldest first, to be restored: without the bytes of what is open, which its end will tell. */
  kept(): readonly AccessEntry[];
}

const serviceOf = ({ protocol, port }: Connection): string =>
  port === undefined ? protocol : `${protocol}/${port}`;

const withService = (services: readonly string[], connection: Connection): string[] => {
  const service = serviceOf(connection);
  const isKnown = services.includes(service) || services.length >= SERVICES_MAX;
  return isKnown ? [...services] : [...services, service];
};

const withBytes = (entry: AccessEntry, bytes: number | undefined): AccessEntry =>
  bytes === undefined ? entry : { ...entry, bytes: (entry.bytes ?? 0) + bytes };

const keyOf = ({ publicationId, address }: Pick<Access, 'publicationId' | 'address'>): string =>
  `${publicationId} ${address}`;

/** `identify` says what a connection is about, `undefined` where it is none of ours. */
export const createAccessBook = (identify: (connection: Connection) => Access | undefined): AccessBook => {
  /** By a number of their own, oldest first. */
  const visits = new Map<string, Visit>();
  /** The newest visit of each machine to each publication. */
  const newest = new Map<string, string>();
  const open = new Map<string, Open>();
  let made = 0;

  const put = (id: string, change: (entry: AccessEntry) => AccessEntry) => {
    const visit = visits.get(id);
    if (visit !== undefined) visits.set(id, { ...visit, entry: change(visit.entry) });
  };
  const trim = () => {
    let sizeBytes = [...visits.values()].reduce((sum, { entry }) => sum + JSON.stringify(entry).length, 0);
    for (const [id, { entry }] of visits) {
      if (visits.size <= ENTRIES_MAX && sizeBytes <= ENTRIES_MAX_BYTES) return;
      sizeBytes -= JSON.stringify(entry).length;
      visits.delete(id);
      const key = keyOf(entry);
      if (newest.get(key) === id) newest.delete(key);
    }
  };
  const add = (entry: AccessEntry, isAwaited: boolean): string => {
    made += 1;
    const id = String(made);
    visits.set(id, { entry, isAwaited });
    newest.set(keyOf(entry), id);
    return id;
  };
  const openOf = (id: string) => [...open.values()].filter(({ visit }) => visit === id);
  /** The visit that a connection of `who` belongs to, if it is one there is. */
  const current = (who: Access, nowMs: number): string | undefined => {
    const id = newest.get(keyOf(who));
    const visit = id === undefined ? undefined : visits.get(id);
    if (visit === undefined) return undefined;
    const goesOn = visit.isAwaited || nowMs - visit.entry.lastAt <= PAUSE_MS || openOf(id!).length > 0;
    return goesOn ? id : undefined;
  };
  const visitOf = (who: Access, at: number): string => {
    const id = current(who, at);
    if (id !== undefined) return id;
    const visit = add({ ...who, services: [], firstAt: at, lastAt: at, isOpen: true, connections: 0 }, false);
    trim();
    return visit;
  };
  const begin = (connection: Connection, nowMs: number, isAdopted = false): void => {
    const who = open.has(connection.key) ? undefined : identify(connection);
    if (who === undefined) return;
    const at = nowMs - connection.idleMs;
    const id = visitOf(who, at);
    const isCounted = isAdopted && visits.get(id)?.isAwaited === true;
    put(id, (entry) => ({
      ...entry,
      lastAt: Math.max(entry.lastAt, at),
      services: withService(entry.services, connection),
      connections: entry.connections + (isCounted ? 0 : 1),
    }));
    if (open.size < OPEN_MAX) open.set(connection.key, { visit: id, connection, sinceMs: nowMs });
  };
  const end = (connection: Connection, nowMs: number): void => {
    const known = open.get(connection.key);
    open.delete(connection.key);
    if (known === undefined) return;
    put(known.visit, (entry) =>
      withBytes(
        { ...entry, lastAt: Math.max(entry.lastAt, known.sinceMs, nowMs - connection.idleMs) },
        connection.bytes,
      ),
    );
  };
  /** As it is now: with what is open, or what of it is sure. */
  const entries = (bytesOf: (one: Open) => number | undefined) => {
    const byVisit = new Map<string, Open[]>();
    for (const one of open.values()) byVisit.set(one.visit, [...(byVisit.get(one.visit) ?? []), one]);
    return [...visits].map(([id, { entry }]) => {
      const alive = byVisit.get(id) ?? [];
      return alive.reduce((sum, one) => withBytes(sum, bytesOf(one)), {
        ...entry,
        isOpen: alive.some(({ connection }) => !connection.isOver),
      });
    });
  };
  return {
    begin,
    end,
    sync(alive, readMs) {
      const keys = new Set(alive.map(({ key }) => key));
      for (const connection of alive) {
        const known = open.get(connection.key);
        if (known === undefined) begin(connection, readMs, true);
        else {
          open.set(connection.key, { ...known, connection });
          put(known.visit, (entry) => ({
            ...entry,
            lastAt: Math.max(entry.lastAt, readMs - connection.idleMs),
          }));
        }
      }
      // What began while the kernel was read need not be in the answer.
      for (const { connection, sinceMs } of open.values())
        if (!keys.has(connection.key) && sinceMs < readMs) end(connection, readMs);
      for (const [id, visit] of visits) if (visit.isAwaited) visits.set(id, { ...visit, isAwaited: false });
    },
    restore(before) {
      for (const entry of before) add(entry, entry.isOpen);
      trim();
    },
    list: () =>
      entries(({ connection }) => connection.bytes).sort((one, other) => other.firstAt - one.firstAt),
    kept: () => entries(() => undefined),
  };
};
