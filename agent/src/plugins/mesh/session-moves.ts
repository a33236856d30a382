/**
 * What a session does when it is somewhere else, or its beacons are: they are greeted first, since the relay forwards
 * for addresses that greeted it and holds early handshakes until then; then paths hear of it.
 */
import type { Family } from '../../paths/family.ts';
import type { PathEvent } from '../../paths/path-state.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import type { SessionParts } from './session-parts.ts';
import type { BeaconGreeter } from './underlay/beacon-greeter.ts';
import type { NetworkView } from './underlay/network-watcher.ts';
import type { RelayFallback } from './underlay/relay-fallback.ts';
import type { UnderlayWatch } from './underlay/underlay-watch.ts';

export interface SessionMoves {
  /** Greets the beacons, and then goes on. */
  greetThen(next: () => void): void;
  /** Should our mapping be another than before, the answer to the check-in tells, whatever became of the event stream. */
  showMapping(): Promise<void>;
  /** Our public address is another: connections from the old one are dead and do not know it. */
  onSeenElsewhere(): void;
  onNetworkChanged(view: NetworkView, left: readonly Family[]): void;
  /** Nothing moved, but beacons and relays are reached in another way from now on. */
  onUnderlayChanged(why: string): void;
  /** The broker restarted: no relay of its knows a session of ours. */
  onBeaconsLost(): void;
}

/** The parts are asked for when they are needed: not all are there yet. */
export const createSessionMoves = (deps: {
  readonly log: PluginHost['log'];
  readonly greeter: BeaconGreeter;
  readonly underlay: UnderlayWatch;
  readonly fallback: () => RelayFallback;
  readonly parts: SessionParts;
  /** Paths take to the relays that both ends reach, as they are reached now. */
  readonly planPaths: () => void;
  /** Runs a task whose failure is only worth a line in the log. */
  readonly inBackground: (what: string, task: () => Promise<void>) => void;
}): SessionMoves => {
  const { log, greeter, underlay, fallback, parts, planPaths, inBackground } = deps;
  const greetThen = (next: () => void, first = async () => {}): void =>
    inBackground('could not greet the beacons', async () => {
      await first();
      await greeter.greet();
      fallback().noteGreeted();
      next();
    });
  /** Whoever we reach through a relay hears of our move with the relay of now. */
  const moveThen = (event: PathEvent, first?: () => Promise<void>): void =>
    greetThen(() => {
      planPaths();
      parts.paths?.runner.dispatchAll(event);
    }, first);
  return {
    greetThen,
    async showMapping() {
      if (!(await greeter.showMapping())) return;
      fallback().noteDoubt();
      parts.link?.checkInSoon();
    },
    onSeenElsewhere() {
      log.info('the beacons see us at another address');
      parts.link?.reconnect();
      parts.paths?.runner.dispatchAll({ kind: 'prospects-changed' });
    },
    onNetworkChanged(view, left) {
      log.info('the network changed', {
        why: left.length > 0 ? 'our way out is another' : 'an address came',
      });
      underlay.noteNetwork(view);
      fallback().noteMoved();
      moveThen({ kind: 'network-changed', left }, async () => {
        if (left.length > 0) await parts.paths?.showDirectWays();
      });
      parts.link?.reconnect();
      parts.link?.checkInSoon();
    },
    onUnderlayChanged(why) {
      log.info('beacons and relays are reached in another way', { why });
      moveThen({ kind: 'network-changed', left: [] });
    },
    onBeaconsLost() {
      log.info('the broker restarted; greeting its beacons anew');
      fallback().reconnect();
      greetThen(() => parts.paths?.runner.dispatchAll({ kind: 'relay-lost' }));
    },
  };
};
