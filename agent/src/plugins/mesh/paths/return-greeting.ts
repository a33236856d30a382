/** Peers may hold sessions with us that nobody here knows any more: after an absence they are greeted, once. */
import type { NetworkMap } from '@sidegate/protocol';
import type { TunnelKeeper } from '../tunnel/tunnel-keeper.ts';

export interface ReturnGreeting {
  /** We were a member before, and the interface is new. */
  noteReturn(): void;
  /** A beacon knows us: only then the relay passes handshakes on. */
  noteBeacon(): void;
  /** The tunnel has the peers of the map: those of an edge wait for its table. */
  notePeers(): void;
  /** Greets them as soon as all of this has come. */
  greetIfDue(map: NetworkMap, keeper: TunnelKeeper): Promise<void>;
}

/** Nobody is greeted yet, and without a return nobody will be. */
export const createReturnGreeting = (): ReturnGreeting => {
  let isReturning = false;
  let hasBeacon = false;
  let hasPeers = false;
  return {
    noteReturn() {
      isReturning = true;
    },
    noteBeacon() {
      hasBeacon = true;
    },
    notePeers() {
      hasPeers = true;
    },
    async greetIfDue(map, keeper) {
      if (!isReturning || !hasBeacon || !hasPeers) return;
      isReturning = false;
      await keeper.greetPeers(map);
    },
  };
};
