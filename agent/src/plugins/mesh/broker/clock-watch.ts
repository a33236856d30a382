/**
 * Is the wall clock behind what WireGuard was told before? Whoever heard a handshake of ours takes no other with an
 * older timestamp (WireGuard paper, section 5.1), so a clock that goes back makes beacons and peers silent, and
 * nothing on the way is to blame. Measured against monotonic time, which does not jump.
 */
import type { Clock } from '@sidegate/kit';
import { CLOCK_TOLERANCE_MS } from '../mesh-health.ts';

export interface ClockWatch {
  /** What the broker's clock says now; `undefined`: it does not say. */
  noteBroker(brokerMs: number | undefined): void;
  /** Behind the broker's clock, or behind what it was itself in this session? */
  isBehind(): boolean;
}

/** The clock as it is now is believed, until the broker or a jump says otherwise. */
export const createClockWatch = (clock: Pick<Clock, 'wallMs' | 'monoMs'>): ClockWatch => {
  const offsetMs = () => clock.wallMs() - clock.monoMs();
  let farthestMs = offsetMs();
  let brokerOffsetMs = Number.NEGATIVE_INFINITY;
  return {
    noteBroker(brokerMs) {
      if (brokerMs !== undefined) brokerOffsetMs = brokerMs - clock.monoMs();
    },
    isBehind() {
      const nowMs = offsetMs();
      farthestMs = Math.max(farthestMs, nowMs);
      return Math.max(farthestMs, brokerOffsetMs) - nowMs > CLOCK_TOLERANCE_MS;
    },
  };
};
