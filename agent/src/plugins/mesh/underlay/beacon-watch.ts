/** What each reading of the tunnel says of the beacons, and who has to hear of it: ways out, fallback, people. */
import type { NetworkMap, PublicKey } from '@sidegate/protocol';
import type { Health } from '../../../plugin-api/index.ts';
import type { TunnelPeerState } from '../../../ports/index.ts';
import type { ClockWatch } from '../broker/clock-watch.ts';
import type { MeshFacts } from '../mesh-facts.ts';
import { MESH_WARNINGS, setWarning } from '../mesh-health.ts';
import { hasBeaconAnswered } from '../mesh-views.ts';
import type { BeaconGreeter } from './beacon-greeter.ts';
import type { RelayFallback } from './relay-fallback.ts';
import type { UnderlayWatch } from './underlay-watch.ts';

/** Who knows of beacons, and who has to. */
export interface BeaconWatchParts {
  readonly health: Health;
  readonly facts: MeshFacts;
  readonly greeter: BeaconGreeter;
  readonly underlay: UnderlayWatch;
  readonly fallback: RelayFallback;
  readonly clockWatch: ClockWatch;
  readonly sessionAgeMs: (state: TunnelPeerState | undefined) => number | undefined;
}

/** Takes in one reading. Resolves with whether a beacon answers, or was waited for long enough. */
export const noteBeacons = async (
  parts: BeaconWatchParts,
  map: NetworkMap,
  latest: ReadonlyMap<PublicKey, TunnelPeerState>,
): Promise<boolean> => {
  const { health, facts, greeter, underlay, fallback, clockWatch } = parts;
  const isReachable = hasBeaconAnswered(map, latest, parts.sessionAgeMs);
  const isPatienceOver = greeter.noteReading(isReachable);
  const greetedAtMs = greeter.greetedAtMs();
  if (greetedAtMs !== undefined) underlay.noteBeacons(map, isReachable, greetedAtMs);
  await fallback.noteRead(map, latest);
  const [isSilent, isBehind] = [!isReachable && isPatienceOver, clockWatch.isBehind()];
  setWarning(health, isSilent && !isBehind, MESH_WARNINGS.beaconUnreachable);
  setWarning(health, isSilent && isBehind, MESH_WARNINGS.clockBehind);
  facts.setLife({ beaconReachable: isReachable && !fallback.isBehind() });
  return isReachable || isPatienceOver;
};
