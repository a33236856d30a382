/** Scans scopes by themselves, as often as people chose. */
import { type Clock, codeOf, type Logger } from '@sidegate/kit';
import type { ScanDesk } from './scan-desk.ts';
import type { ScopeKeeper } from './scope-keeper.ts';

const LOOK_MS = 30_000;

/** Whose plans, and who scans. */
export interface ScanScheduleDeps {
  readonly scopes: Pick<ScopeKeeper, 'list'>;
  readonly desk: Pick<ScanDesk, 'isScanning' | 'start'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks until disposed. A scope that was never scanned waits its time out first: nobody asked for it now. */
export const createScanSchedule = ({ scopes, desk, clock, log }: ScanScheduleDeps): Disposable => {
  const startedAt = clock.wallMs();
  let timer: Disposable | undefined;
  const look = () => {
    for (const { id, plan, lastScanAt = startedAt } of scopes.list()) {
      const sinceMs = clock.wallMs() - lastScanAt;
      // The clock of a board may jump: who was scanned in the future is due.
      const isDue = plan?.everySec !== undefined && (sinceMs < 0 || sinceMs >= plan.everySec * 1_000);
      if (!isDue || desk.isScanning(id)) continue;
      try {
        desk.start({ scopeId: id });
      } catch (error) {
        log.debug('scan by schedule', { code: codeOf(error), error });
      }
    }
    timer = clock.after(LOOK_MS, look);
  };
  timer = clock.after(LOOK_MS, look);
  return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
};
