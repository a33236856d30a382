/**
 * Who is there: by arp-scan on our wires, by knocking behind routers and wherever arp-scan is missing or may not work.
 */
import { codeOf } from '@sidegate/kit';
import type { ScanScope } from '../../../discovery/scopes.ts';
import { isRouted } from '../../../discovery/suggest-scopes.ts';
import { AgentError } from '../../../errors.ts';
import type { Run } from '../../../ports/index.ts';
import type { DiscoverySink, DiscoverySource } from '../source.ts';
import { findHolder, sweepByArp } from './arp-scan.ts';
import { type SweepDeps, sweepAttached } from './sweep.ts';
import { sweepRouted } from './sweep-routed.ts';

/** Why there is no ARP sweep. */
export type ArpScanTrouble = 'missing' | 'not-permitted';

/** What the finder looks with. */
export interface FinderDeps extends SweepDeps {
  readonly run: Run;
  /** Told every time: health shows it until arp-scan works. */
  readonly onArpScan: (trouble: ArpScanTrouble | undefined) => void;
}

const NOTICES = {
  missing: 'arp-scan is not installed: devices that answer nothing but ARP may be missing.',
  'not-permitted': 'arp-scan may not open raw sockets: devices that answer nothing but ARP may be missing.',
} as const;

const troubleOf = (error: unknown): ArpScanTrouble | undefined => {
  if (codeOf(error) === 'COMMAND_NOT_FOUND') return 'missing';
  const stderr = error instanceof AgentError ? String(error.details.stderr ?? '') : '';
  return /permission|not permitted/i.test(stderr) ? 'not-permitted' : undefined;
};

type WireScope = ScanScope & Required<Pick<ScanScope, 'interfaceName'>>;

/** Devices on a wire where we have no address hear nothing but ARP. */
const sweepStray = async (
  { run, onArpScan }: FinderDeps,
  scope: WireScope & { readonly senderAddress: NonNullable<ScanScope['senderAddress']> },
  sink: DiscoverySink,
  signal: AbortSignal,
) => {
  const holder = await findHolder(run, scope.interfaceName, scope.senderAddress, signal);
  if (holder !== undefined) {
    sink.observe({ address: scope.senderAddress, mac: holder });
    throw new AgentError('SCOPE_SENDER_UNFIT', `${scope.senderAddress} is the address of ${holder}`);
  }
  await sweepByArp(run, scope, sink, signal);
  onArpScan(undefined);
};

const sweepWire = async (deps: FinderDeps, scope: WireScope, sink: DiscoverySink, signal: AbortSignal) => {
  try {
    await sweepByArp(deps.run, scope, sink, signal);
    deps.onArpScan(undefined);
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === undefined) throw error;
    deps.onArpScan(trouble);
    sink.notice(NOTICES[trouble]);
    await sweepAttached(deps, scope, sink, signal);
  }
};

/** The source of devices for every kind of scope. */
export const createDeviceFinder = (deps: FinderDeps): DiscoverySource => ({
  name: 'arp',
  phase: 'Looking for devices',
  role: 'find',
  weight: 0.25,
  async scan(scope, sink, signal) {
    const { interfaceName, senderAddress } = scope;
    if (interfaceName === undefined) {
      if (!isRouted(scope.cidr, await deps.links.readRoutes(signal))) {
        throw new AgentError('SCOPE_UNROUTED', `No route leads to ${scope.cidr}`);
      }
      return await sweepRouted(deps, scope, sink, signal);
    }
    if (senderAddress === undefined) return await sweepWire(deps, { ...scope, interfaceName }, sink, signal);
    await sweepStray(deps, { ...scope, interfaceName, senderAddress }, sink, signal);
  },
});
