/** What the system keeps of a log-in and the session here end together. */
import type { Clock } from '@sidegate/kit';
import type { SystemLogin } from '../../ports/index.ts';
import type { Session } from './sessions.ts';

/** A log-in that was taken back, or timed out, is noticed within this. */
const CHECK_MS = 30_000;

/** Ends the session when the system takes its log-in back, and the log-in when the session ends. */
export const followLogin = (login: SystemLogin, session: Session, clock: Clock): void => {
  let timer: Disposable | undefined;
  const check = async () => {
    // Who cannot be asked took nothing back.
    const isValid = (await login.isValid?.().catch(() => true)) ?? true;
    if (session.signal.aborted) return;
    if (isValid) watch();
    else session.end();
  };
  const watch = () => {
    timer = clock.after(CHECK_MS, () => void check());
  };
  const end = () => {
    timer?.[Symbol.dispose]();
    void login.end?.();
  };
  session.signal.addEventListener('abort', end, { once: true });
  if (login.isValid !== undefined) watch();
};
