/** Ticket ids that were used: kept until the ticket has expired, in memory and in a small file that outlives a restart. */
import type { Clock, Logger } from '@sidegate/kit';
import * as v from 'valibot';
import type { Files } from '../../ports/index.ts';
import { TICKET_CLOCK_TOLERANCE_MS } from './ticket.ts';

const FILE_NAME = 'used-tickets.json';
const UsedTicketsFile = v.record(v.string(), v.number());

/** Makes a ticket of the portal good once, also over a restart. */
export interface UsedTickets {
  /** Marks a ticket as used; `false` where it already was. The mark stands before the promise resolves. */
  use(ticketId: string, expiresAt: number): Promise<boolean>;
}

const readMarks = async (files: Files, log: Logger): Promise<Map<string, number>> => {
  try {
    const text = await files.readText('runtime', FILE_NAME);
    return new Map(text === undefined ? [] : Object.entries(v.parse(UsedTicketsFile, JSON.parse(text))));
  } catch (error) {
    log.warn('used tickets were forgotten', { error });
    return new Map();
  }
};

/** Reads what an earlier run wrote. */
export const openUsedTickets = async (deps: {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
}): Promise<UsedTickets> => {
  const { files, clock, log } = deps;
  const marks = await readMarks(files, log);
  const prune = () => {
    for (const [id, expiresAt] of marks) {
      if (clock.wallMs() > expiresAt + TICKET_CLOCK_TOLERANCE_MS) marks.delete(id);
    }
  };
  return {
    async use(ticketId, expiresAt) {
      prune();
      if (marks.has(ticketId)) return false;
      marks.set(ticketId, expiresAt);
      try {
        await files.writeText('runtime', FILE_NAME, JSON.stringify(Object.fromEntries(marks)));
      } catch (error) {
        // The mark in memory holds until a restart, by when the ticket has all but expired.
        log.warn('a used ticket could not be written down', { error });
      }
      return true;
    },
  };
};
