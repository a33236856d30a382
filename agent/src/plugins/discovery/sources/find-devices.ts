/** Who is there: by arp-scan on attached networks, by knocking where that is missing or cannot work. */
import { codeOf } from '@sidegate/kit';
import type { Run } from '../../../ports/index.ts';
import type { DiscoverySource } from '../source.ts';
import { sweepByArp } from './arp-scan.ts';
import { type SweepDeps, sweepAttached } from './sweep.ts';
import { sweepRouted } from './sweep-routed.ts';

/** What the finder looks with. */
export interface FinderDeps extends SweepDeps {
  readonly run: Run;
  /** Told every time: health shows it until arp-scan is there. */
  readonly onArpScan: (isMissing: boolean) => void;
}

/** The source of devices for every kind of scope. */
export const createDeviceFinder = (deps: FinderDeps): DiscoverySource => ({
  name: 'arp',
  phase: 'Looking for devices',
  role: 'find',
  weight: 0.25,
  async scan(scope, sink, signal) {
    const { interfaceName } = scope;
    if (interfaceName === undefined) return await sweepRouted({ clock: deps.clock }, scope, sink, signal);
    try {
      await sweepByArp(deps.run, { ...scope, interfaceName }, sink, signal);
      deps.onArpScan(false);
    } catch (error) {
      if (codeOf(error) !== 'COMMAND_NOT_FOUND') throw error;
      deps.onArpScan(true);
      sink.notice('arp-scan is not installed: devices that answer nothing but ARP may be missing.');
      await sweepAttached(deps, scope, sink, signal);
    }
  },
});
