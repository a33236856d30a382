/** One line of `sidegate doctor`. */
export interface Finding {
  /** Stable name of the check, for programs. */
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly title: string;
  readonly hint?: string;
}

/** All is well. */
export const ok = (check: string, title: string): Finding => ({ check, level: 'ok', title });
/** It works, or part of it does; somebody should know. */
export const warn = (check: string, title: string, hint: string): Finding => ({
  check,
  level: 'warn',
  title,
  hint,
});
/** Something will not work. */
export const fail = (check: string, title: string, hint: string): Finding => ({
  check,
  level: 'fail',
  title,
  hint,
});
