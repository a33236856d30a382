/**
 * ICMP where it is allowed: by the system's `ping`, for Node has no such sockets. Devices that refuse every connection
 * in silence often answer it.
 */
import { codeOf, createLimiter } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import type { Run } from '../../../ports/index.ts';

/** Each is a process for a second. */
const AT_ONCE = 64;
const TIMEOUT_MS = 3_000;

/** Asks an address once; false where nobody answers, or where there is no `ping`, which is told once. */
export const createPinger = (
  run: Run,
  onMissing: () => void,
): ((address: Ip4, signal: AbortSignal) => Promise<boolean>) => {
  const limiter = createLimiter(AT_ONCE);
  let isMissing = false;
  return (address, signal) =>
    limiter.run(async () => {
      if (isMissing || signal.aborted) return false;
      try {
        // `-n -q -c -W`: iputils and BusyBox agree on these. 1: nobody answered.
        const options = { signal, timeoutMs: TIMEOUT_MS, okCodes: [1] };
        return (await run('ping', ['-n', '-q', '-c', '1', '-W', '1', address], options)).exitCode === 0;
      } catch (error) {
        if (codeOf(error) === 'COMMAND_NOT_FOUND' && !isMissing) {
          isMissing = true;
          onMissing();
        }
        return false;
      }
    });
};
