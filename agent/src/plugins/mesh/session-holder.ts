/** The session of now, if there is one. One that cannot come up is tried again; one that is up is left alone. */
import { type Clock, CodedError, createBackoff, describeError, type Logger } from '@sidegate/kit';
import type { Health } from '../../plugin-api/index.ts';
import { MESH_WARNINGS } from './mesh-health.ts';
import type { MeshSession } from './mesh-session.ts';

const RETRY = { firstMs: 1000, maxMs: 60_000 } as const;

export interface SessionHolder {
  current(): MeshSession | undefined;
  /** Does not reject: a failure is a warning, and another try later. */
  open(begin: () => Promise<MeshSession>): Promise<void>;
  /** Ends the session, and the wish for one. */
  end(): Promise<void>;
}

/** Without a session. */
export const createSessionHolder = (deps: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: Health;
  /** It is time to try again. */
  readonly onRetry: () => void;
}): SessionHolder => {
  const { clock, log, health, onRetry } = deps;
  const backoff = createBackoff(RETRY);
  let session: MeshSession | undefined;
  let retry: Disposable | undefined;
  return {
    current: () => session,
    async open(begin) {
      try {
        session = await begin();
        backoff.reset();
        health.clear(MESH_WARNINGS.tunnelFailed.code);
      } catch (error) {
        const hint = error instanceof CodedError ? error.hint : MESH_WARNINGS.tunnelFailed.hint;
        health.raise({ ...MESH_WARNINGS.tunnelFailed, hint: `${describeError(error)}. ${hint}` });
        log.warn('the tunnel could not be set up', { error });
        retry = clock.after(backoff.nextMs(), onRetry);
      }
    },
    async end() {
      retry?.[Symbol.dispose]();
      retry = undefined;
      const ending = session;
      session = undefined;
      await ending?.[Symbol.asyncDispose]();
    },
  };
};
