import type { Clock } from '@sidegate/kit';
import type { EdgeStatus } from '@sidegate/protocol';

/** A burst of changes is one event for the UI. */
const DEBOUNCE_MS = 200;

/** Emits `status.changed` after changes, at most every so often, and only when it did change. */
export const createStatusTicker = (
  clock: Clock,
  emit: (status: EdgeStatus) => void,
  read: () => EdgeStatus,
) => {
  let timer: Disposable | undefined;
  let last = '';
  const tick = () => {
    timer = undefined;
    const status = read();
    const text = JSON.stringify(status);
    if (text === last) return;
    last = text;
    emit(status);
  };
  return {
    poke() {
      timer ??= clock.after(DEBOUNCE_MS, tick);
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
};
