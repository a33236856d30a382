/** Log-in tickets of this machine's own making, for whoever is root here: LuCI opens the web UI with one. */
import { type Clock, newToken } from '@sidegate/kit';

/** Long enough for a page to open. */
const LIFE_MS = 30_000;
const LIMIT = 32;
const PREFIX = 'local-';

export interface LocalTickets {
  /** A new ticket and when it ends, in wall time. */
  issue(): { readonly ticket: string; readonly expiresAt: number };
  /** Is it one of ours and unused? It is used by this. `undefined` for a ticket of another kind. */
  use(ticket: string): boolean | undefined;
}

/** None yet. They are in memory: a restart ends them. */
export const createLocalTickets = (clock: Clock): LocalTickets => {
  const endsAt = new Map<string, number>();
  return {
    issue() {
      const oldest = endsAt.keys().next().value;
      if (endsAt.size >= LIMIT && oldest !== undefined) endsAt.delete(oldest);
      const ticket = newToken(PREFIX);
      endsAt.set(ticket, clock.monoMs() + LIFE_MS);
      return { ticket, expiresAt: Math.round(clock.wallMs() + LIFE_MS) };
    },
    use(ticket) {
      if (!ticket.startsWith(PREFIX)) return undefined;
      const end = endsAt.get(ticket);
      endsAt.delete(ticket);
      return end !== undefined && clock.monoMs() <= end;
    },
  };
};
