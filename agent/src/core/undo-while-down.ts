import { type Clock, createBackoff, type Logger, type ResourceScope } from '@sidegate/kit';
import type { Platform } from '../platform/platform.ts';
import type { FactStore } from '../plugin-api/index.ts';

const RETRY = { firstMs: 2_000, maxMs: 60_000 } as const;

/** What undoing needs. */
export interface UndoDeps {
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly platform: Platform;
  readonly scope: ResourceScope;
}

/**
 * While the agent is `down`, what a crashed predecessor left is taken away and kernel settings are put back. The
 * interface itself is the mesh plugin's, the table and the names are the loops'.
 */
export const undoWhileDown = ({ facts, clock, log, platform, scope }: UndoDeps): void => {
  const backoff = createBackoff(RETRY);
  let timer: Disposable | undefined;
  const isDown = () => ['down', 'not-enrolled'].includes(facts.get('life')?.state ?? 'starting');
  const undo = async () => {
    if (!isDown() || scope.signal.aborted) return;
    try {
      await platform.undoChanges(isDown);
      backoff.reset();
    } catch (error) {
      log.warn('undo what was changed in the system', { error });
      timer = clock.after(backoff.nextMs(), () => void undo());
    }
  };
  let last: boolean | undefined;
  const onLife = () => {
    if (isDown() === last) return;
    last = isDown();
    timer?.[Symbol.dispose]();
    void undo();
  };
  scope.add(() => timer?.[Symbol.dispose]());
  scope.add(facts.watch('life', onLife));
};
