import type { Run, Sysctl } from '../ports/index.ts';
import type { ChangeRecord } from './change-record.ts';

const FORWARDING = 'net.ipv4.ip_forward';

/** Kernel settings through `sysctl`; what they were is on record until they are put back. */
export const createSysctl = (run: Run, record: ChangeRecord): Sysctl => ({
  async ensureForwarding(signal) {
    const was = (await run('sysctl', ['-n', FORWARDING], { signal })).stdout.trim();
    if (was === '1') return;
    await record.note({ kind: 'sysctl', name: FORWARDING, was });
    await run('sysctl', ['-q', '-w', `${FORWARDING}=1`], { signal });
  },
  async restore() {
    const noted = await record.find('sysctl', FORWARDING);
    if (noted === undefined) return;
    await run('sysctl', ['-q', '-w', `${FORWARDING}=${noted.was}`]);
    await record.forget('sysctl', FORWARDING);
  },
});
