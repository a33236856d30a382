/**
 * The ways out as they are now: from the network's routes, from beacons that keep silent over one address family, and
 * from the fallback for networks without UDP. One writer, and one word to the session when something changed.
 */
import type { Clock } from '@sidegate/kit';
import type { Endpoint, NetworkMap } from '@sidegate/protocol';
import { canTryOther, findWaysOut, NO_UNDERLAY, type Underlay } from '../../../paths/underlay.ts';
import type { IfName } from '../../../ports/index.ts';
import type { NetworkView } from './network-watcher.ts';

/** Beacons that are silent over one family for so long are tried over the other; doubled after each turn. */
const PATIENCE_MS = 3_000;
const PATIENCE_MAX_MS = 60_000;

export interface UnderlayWatch {
  current(): Underlay;
  /** Links or routes were read; true where the ways out are others now. Whatever was learned of silence is void. */
  noteNetwork(view: NetworkView): boolean;
  /** Did a beacon answer since it was greeted last? */
  noteBeacons(map: NetworkMap, isAnswering: boolean, greetedAtMs: number): void;
  /** The fallback for networks without UDP came up: everything changes over to it. */
  useShim(shim: Endpoint): void;
  /** Whether beacon 0 is greeted over UDP nevertheless. The caller greets it. */
  tryUdp(isTrying: boolean): void;
  /** UDP works again, as beacon 0 has shown. The caller plans the relays anew. */
  leaveShim(): void;
}

/** `onChanged` is for changes that did not come from the network: greet the beacons, and plan the relays anew. */
export const createUnderlayWatch = (options: {
  readonly clock: Clock;
  readonly tunnelName: IfName;
  readonly onChanged: (underlay: Underlay, why: string) => void;
}): UnderlayWatch => {
  const { clock, tunnelName, onChanged } = options;
  let underlay = NO_UNDERLAY;
  let patienceMs = PATIENCE_MS;
  const change = (patch: Partial<Underlay>): boolean => {
    const before = underlay;
    underlay = { ...underlay, ...patch };
    return JSON.stringify(before) !== JSON.stringify(underlay);
  };
  return {
    current: () => underlay,
    noteNetwork(view) {
      patienceMs = PATIENCE_MS;
      return change({ ...findWaysOut(view, tunnelName), preferred: 4 });
    },
    noteBeacons(map, isAnswering, greetedAtMs) {
      if (isAnswering) patienceMs = PATIENCE_MS;
      if (isAnswering || clock.monoMs() - greetedAtMs < patienceMs || !canTryOther(map, underlay)) return;
      patienceMs = Math.min(PATIENCE_MAX_MS, 2 * patienceMs);
      const [silent, preferred] = underlay.preferred === 4 ? (['IPv4', 6] as const) : (['IPv6', 4] as const);
      change({ preferred });
      onChanged(underlay, `the beacons do not answer over ${silent}`);
    },
    useShim(shim) {
      if (change({ shim, isTryingUdp: false })) onChanged(underlay, 'UDP is blocked');
    },
    tryUdp: (isTryingUdp) => void change({ isTryingUdp }),
    leaveShim: () => void change({ shim: undefined, isTryingUdp: false }),
  };
};
