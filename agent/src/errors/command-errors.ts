/** Why running another program did not work (`system/run.ts`). */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const COMMAND_ERRORS = {
  COMMAND_NOT_FOUND: {
    hint: 'Install the package that has this program; `sidegate doctor` names it.',
    retry: 'never',
    blame: 'system',
    status: 503,
  },
  COMMAND_FAILED: {
    hint: 'The details carry what the program said.',
    retry: 'backoff',
    blame: 'system',
    status: 502,
  },
  COMMAND_TIMED_OUT: {
    hint: 'The machine may be overloaded; try again.',
    retry: 'backoff',
    blame: 'system',
    status: 504,
  },
  COMMAND_OUTPUT_TOO_LARGE: {
    hint: 'The program said more than it ever should; look at it by hand.',
    retry: 'never',
    blame: 'system',
    status: 502,
  },
} as const satisfies Record<string, ErrorMeta>;
