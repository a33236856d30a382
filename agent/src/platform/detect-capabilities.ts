import type { Capability } from '../plugin-api/index.ts';
import type { Run } from '../ports/index.ts';

/** A call that works where the capability is there, and changes nothing. */
const PROBES = {
  wireguard: ['wg', '--version'],
  nftables: ['nft', '-j', 'list', 'tables'],
  'arp-scan': ['arp-scan', '--version'],
} as const satisfies Record<Capability, readonly [string, ...string[]]>;

/** What this machine can do, by asking the programs themselves. */
export const detectCapabilities = async (run: Run): Promise<ReadonlySet<Capability>> => {
  const names = Object.keys(PROBES) as Capability[];
  const found = await Promise.all(
    names.map(async (name) => {
      const [file, ...args] = PROBES[name];
      return await run(file, args).then(
        () => name,
        () => undefined,
      );
    }),
  );
  return new Set(found.filter((name) => name !== undefined));
};
