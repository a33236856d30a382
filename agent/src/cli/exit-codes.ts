/** Exit codes: part of the command line's contract with scripts. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  daemonNotRunning: 3,
  refused: 4,
  interrupted: 130,
} as const;
/** 128 plus the number of a signal where one ended the command, as shells have it. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each means, for help and man page. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'the command line was not understood'],
  [EXIT.daemonNotRunning, 'the daemon is not running'],
  [EXIT.refused, 'refused, or not permitted'],
  [EXIT.interrupted, 'interrupted by Ctrl-C'],
];
