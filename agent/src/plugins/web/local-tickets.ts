/** Log-in tickets of this machine's own making, for whoever is root here: LuCI opens the web UI with one. */
import { type Clock, newToken } from '@sidegate/kit';
import type { SystemLogin } from '../../ports/index.ts';

/** Long enough for a page to open. */
const LIFE_MS = 30_000;
const LIMIT = 32;
const PREFIX = 'local-';

/** Each ticket is good once, and for 30 s. */
export interface LocalTickets {
  /** A new ticket and when it ends, in wall time; whoever uses it is as long logged in as `login` is valid. */
  issue(login?: SystemLogin): { readonly ticket: string; readonly expiresAt: number };
  /** What it was issued for; it is used by this. `'no'` if it expired or was used, `undefined` if it is of another kind. */
  use(ticket: string): { readonly login: SystemLogin | undefined } | 'no' | undefined;
}

/** None yet. They are in memory: a restart ends them. */
export const createLocalTickets = (clock: Clock): LocalTickets => {
  const issued = new Map<string, { readonly endsAtMs: number; readonly login: SystemLogin | undefined }>();
  return {
    issue(login) {
      const oldest = issued.keys().next().value;
      if (issued.size >= LIMIT && oldest !== undefined) issued.delete(oldest);
      const ticket = newToken(PREFIX);
      issued.set(ticket, { endsAtMs: clock.monoMs() + LIFE_MS, login });
      return { ticket, expiresAt: Math.round(clock.wallMs() + LIFE_MS) };
    },
    use(ticket) {
      if (!ticket.startsWith(PREFIX)) return undefined;
      const found = issued.get(ticket);
      issued.delete(ticket);
      return found !== undefined && clock.monoMs() <= found.endsAtMs ? { login: found.login } : 'no';
    },
  };
};
