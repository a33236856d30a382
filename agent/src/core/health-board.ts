import type { Clock } from '@sidegate/kit';
import type { HealthWarning } from '@sidegate/protocol';
import type { Health } from '../plugin-api/index.ts';

/** All open warnings of the agent. */
export interface HealthBoard {
  /** The part of one source. Disposing it clears its warnings. */
  open(source: string): Health & Disposable;
  /** Worst first, then oldest. */
  all(): readonly HealthWarning[];
}

const SEVERITIES: readonly HealthWarning['severity'][] = ['error', 'warning', 'info'];

/** An empty board; `onChange` hears of every change. */
export const createHealthBoard = (clock: Clock, onChange: () => void): HealthBoard => {
  const warnings = new Map<string, HealthWarning>();
  const isSame = (one: HealthWarning | undefined, other: HealthWarning) =>
    JSON.stringify(one) === JSON.stringify(other);
  return {
    open(source) {
      const codes = new Set<string>();
      let isOpen = true;
      const clear = (code: string) => {
        codes.delete(code);
        if (warnings.delete(`${source}/${code}`)) onChange();
      };
      return {
        raise({ code, severity, title, hint }) {
          if (!isOpen) return;
          const key = `${source}/${code}`;
          const earlier = warnings.get(key);
          const sinceMs = earlier?.sinceMs ?? clock.wallMs();
          const warning: HealthWarning = { code, severity, title, hint, source, sinceMs };
          codes.add(code);
          if (isSame(earlier, warning)) return;
          warnings.set(key, warning);
          onChange();
        },
        clear,
        [Symbol.dispose]() {
          isOpen = false;
          for (const code of [...codes]) clear(code);
        },
      };
    },
    all: () =>
      [...warnings.values()].sort(
        (one, other) =>
          SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
          one.sinceMs - other.sinceMs,
      ),
  };
};
