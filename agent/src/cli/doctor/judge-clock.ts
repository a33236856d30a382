/** Is the clock right enough for tickets and certificates? Pure. */
import { formatDuration } from '../output/units.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const WARN_AT_MS = 60_000;
/** Tickets of the portal are refused beyond this. */
const FAIL_AT_MS = 5 * 60_000;
const HINT = 'Set the clock: install an NTP client such as systemd-timesyncd or chrony.';

/** `brokerMs` is the broker's clock at (about) the same moment. */
export const judgeClock = (ownMs: number, brokerMs: number | undefined): Finding => {
  if (brokerMs === undefined || Number.isNaN(brokerMs)) {
    return ownMs < Date.UTC(2025, 0, 1)
      ? fail('clock', `The clock says ${new Date(ownMs).toISOString().slice(0, 10)}`, HINT)
      : ok('clock', 'The clock is plausible');
  }
  const offMs = Math.abs(ownMs - brokerMs);
  const title = `The clock is ${formatDuration(offMs)} ${ownMs > brokerMs ? 'ahead of' : 'behind'} the broker's`;
  if (offMs >= FAIL_AT_MS) return fail('clock', title, HINT);
  return offMs >= WARN_AT_MS ? warn('clock', title, HINT) : ok('clock', 'The clock agrees with the broker’s');
};
