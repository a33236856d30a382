/**
 * Takes the relay through a WebSocket while UDP is blocked, and leaves as soon as UDP works: `paths/udp-watch.ts`
 * decides, this opens and closes the shim and tells the session what to greet.
 */
import type { Clock, Logger } from '@sidegate/kit';
import type { NetworkMap, PublicKey } from '@sidegate/protocol';
import { SESSION_LIFE_MS } from '../../../paths/path-state.ts';
import {
  createUdpWatch,
  isBehindShim,
  isUdpOpen,
  noteDoubt,
  noteGreeted,
  noteMoved,
  stepUdpWatch,
  type UdpEffect,
  type UdpStep,
} from '../../../paths/udp-watch.ts';
import { canTryOther } from '../../../paths/underlay.ts';
import type { TunnelPeerState } from '../../../ports/index.ts';
import type { RelayShim } from './relay-shim.ts';
import type { UnderlayWatch } from './underlay-watch.ts';

export interface RelayFallbackDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly underlay: UnderlayWatch;
  readonly openShim: (onOpen: () => void) => Promise<RelayShim>;
  /** Greets every beacon; `noteGreeted` follows. */
  readonly greetBeacons: () => void;
  /** Greets beacon 0 alone, where the underlay says that it is. */
  readonly greetFirst: () => Promise<void>;
  /** The underlay says that relays are elsewhere; nobody has to be greeted for it. */
  readonly moveRelays: () => void;
  readonly isBrokerReachable: () => boolean;
  readonly sessionAgeMs: (state: TunnelPeerState | undefined) => number | undefined;
  /** The relay is reached through the WebSocket now, or is not any more. */
  readonly onChanged: (isBehind: boolean) => void;
}

export interface RelayFallback extends AsyncDisposable {
  /** Is UDP blocked, as far as we know? */
  isBehind(): boolean;
  /** Should the tunnel be read often? */
  isEager(): boolean;
  noteGreeted(): void;
  /** A path finds nobody through the relay. */
  noteDoubt(): void;
  /** Our network is another. */
  noteMoved(): void;
  /** The tunnel was read. Resolves when what follows is done, so that the next reading shows it. */
  noteRead(map: NetworkMap, states: ReadonlyMap<PublicKey, TunnelPeerState>): Promise<void>;
  /** The broker restarted: do not wait for the connection to notice. */
  reconnect(): void;
}

/** Starts with beacons that are greeted at this moment. */
export const createRelayFallback = (deps: RelayFallbackDeps): RelayFallback => {
  const { clock, log, underlay } = deps;
  let watch = createUdpWatch(clock.monoMs());
  let shim: RelayShim | undefined;
  let wasBehind = false;
  let isEnded = false;

  const onShimOpen = (): void => {
    // Only what comes through it tells the broker that we are behind it.
    if (isBehindShim(watch))
      deps.greetFirst().catch((error: unknown) => log.debug('could not greet by the WebSocket', { error }));
  };
  const closeShim = async (): Promise<void> => {
    const closing = shim;
    shim = undefined;
    await closing?.[Symbol.asyncDispose]();
  };
  const openShim = async (): Promise<void> => {
    log.info('the beacons do not answer over UDP; trying a WebSocket');
    const opened = await deps.openShim(onShimOpen);
    if (isEnded) await opened[Symbol.asyncDispose]();
    else shim = opened;
  };
  const perform = async (effect: UdpEffect): Promise<void> => {
    switch (effect) {
      case 'greet':
        return deps.greetBeacons();
      case 'open-shim':
        return await openShim();
      case 'use-shim':
        return shim === undefined ? undefined : underlay.useShim(shim.endpoint);
      case 'try-udp':
      case 'end-trial':
        underlay.tryUdp(effect === 'try-udp');
        return await deps.greetFirst();
      case 'leave-shim':
        log.info('UDP works again; leaving the WebSocket');
        underlay.leaveShim();
        return deps.moveRelays();
      case 'close-shim':
        return await closeShim();
    }
  };
  const take = async ({ state, effects }: UdpStep): Promise<void> => {
    watch = state;
    for (const effect of effects) await perform(effect);
    if (wasBehind === isBehindShim(watch)) return;
    wasBehind = !wasBehind;
    deps.onChanged(wasBehind);
  };
  const hasAnswered = (state: TunnelPeerState | undefined): boolean =>
    (deps.sessionAgeMs(state) ?? Number.POSITIVE_INFINITY) < SESSION_LIFE_MS;

  return {
    isBehind: () => isBehindShim(watch),
    isEager: () => isUdpOpen(watch),
    noteGreeted() {
      watch = noteGreeted(watch, clock.monoMs());
    },
    noteDoubt() {
      const { state, effects } = noteDoubt(watch, clock.monoMs());
      watch = state;
      if (effects.length > 0) deps.greetBeacons();
    },
    noteMoved() {
      watch = noteMoved(watch);
      shim?.restart();
    },
    async noteRead(map, states) {
      const reading = {
        answers: map.beacons.map(({ publicKey }) => hasAnswered(states.get(publicKey))),
        isBrokerReachable: deps.isBrokerReachable(),
        isShimOpen: shim?.isOpen() === true,
        hasOtherFamily: canTryOther(map, underlay.current()),
      };
      await take(stepUdpWatch(watch, reading, clock.monoMs()));
    },
    reconnect() {
      if (shim?.isOpen() === false) shim.restart();
    },
    async [Symbol.asyncDispose]() {
      isEnded = true;
      await closeShim();
    },
  };
};
