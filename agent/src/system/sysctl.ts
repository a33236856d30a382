import { hasForeignNetworks, listFirewalls } from '../forwarding/rules/foreign-firewalls.ts';
import type { Run, Sysctl } from '../ports/index.ts';
import type { ChangeRecord } from './change-record.ts';

/** sysctl(8) is not everywhere; coreutils are. */
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
/** Bytes of each connection, for the access log: OpenWrt has it on, Debian off, a kernel without conntrack not at all. */
const ACCOUNTING = '/proc/sys/net/netfilter/nf_conntrack_acct';

/** Kernel settings; what they were is on record until they are put back. */
export const createSysctl = (run: Run, record: ChangeRecord): Sysctl => {
  const write = async (name: string, value: string, signal?: AbortSignal) => {
    await run('tee', [name], { input: value, ...(signal === undefined ? {} : { signal }) });
  };
  const turnOn = async (name: string, signal: AbortSignal) => {
    const was = (await run('cat', [name], { signal })).stdout.trim();
    if (was === '1') return;
    await record.note({ kind: 'sysctl', name, was });
    await write(name, '1', signal);
  };
  /** Whoever came while forwarding was on did not have to turn it on, and is not on record anywhere. */
  const isNeededByOthers = async (name: string): Promise<boolean> => {
    if (name !== FORWARDING) return false;
    return hasForeignNetworks((await listFirewalls(run)) ?? []);
  };
  return {
    async ensureForwarding(signal) {
      await turnOn(FORWARDING, signal);
      await turnOn(ACCOUNTING, signal).catch(() => undefined);
    },
    async restore() {
      for (const name of [FORWARDING, ACCOUNTING]) {
        const noted = await record.find('sysctl', name);
        if (noted === undefined) continue;
        if (!(await isNeededByOthers(name))) await write(name, noted.was);
        await record.forget('sysctl', name);
      }
    },
  };
};
