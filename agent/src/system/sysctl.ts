import type { Run, Sysctl } from '../ports/index.ts';
import type { ChangeRecord } from './change-record.ts';

/** sysctl(8) is not everywhere; coreutils are. */
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/** Kernel settings; what they were is on record until they are put back. */
export const createSysctl = (run: Run, record: ChangeRecord): Sysctl => {
  const write = async (value: string, signal?: AbortSignal) => {
    await run('tee', [FORWARDING], { input: value, ...(signal === undefined ? {} : { signal }) });
  };
  return {
    async ensureForwarding(signal) {
      const was = (await run('cat', [FORWARDING], { signal })).stdout.trim();
      if (was === '1') return;
      await record.note({ kind: 'sysctl', name: FORWARDING, was });
      await write('1', signal);
    },
    async restore() {
      const noted = await record.find('sysctl', FORWARDING);
      if (noted === undefined) return;
      await write(noted.was);
      await record.forget('sysctl', FORWARDING);
    },
  };
};
