/** Carries out what the path machines ask for: the only place where paths meet tunnel, sockets and broker. */
import { codeOf } from '@sidegate/kit';
import type { MapPeer } from '@sidegate/protocol';
import type { PathEffect } from '../../../paths/path-machine.ts';
import type { TunnelKeeper } from '../tunnel/tunnel-keeper.ts';
import type { TunnelPoll } from '../tunnel/tunnel-poll.ts';
import type { HeartbeatService } from './heartbeat-service.ts';
import type { ProbeService } from './probe-service.ts';

/** The parts of a session that effects reach; those that come and go may be absent. */
export interface EffectParts {
  readonly keeper: () => TunnelKeeper | undefined;
  readonly poll: () => TunnelPoll | undefined;
  readonly probes: () => ProbeService | undefined;
  readonly heartbeats: () => HeartbeatService | undefined;
  /** Lets the beacons see where our packets come from; cheap, and done at most so often. */
  readonly showMapping: () => Promise<void>;
  readonly requestPunch: (peer: MapPeer) => Promise<void>;
  readonly onPunchFailed: (peer: MapPeer, why: string) => void;
}

/** Performs one effect; resolves when the next one of this peer may follow. */
export const createEffectPerformer =
  (parts: EffectParts) =>
  async (peer: MapPeer, effect: PathEffect): Promise<void> => {
    switch (effect.kind) {
      case 'set-endpoint':
        return await parts.keeper()?.setEndpoint(peer, effect.endpoint);
      case 'aim':
        return await parts.keeper()?.aimPeer(peer, effect.endpoint);
      case 'reset-peer':
        parts.poll()?.noteReset(peer.publicKey);
        return await parts.keeper()?.resetPeer(peer, effect.endpoint);
      case 'read-tunnel':
        return await parts.poll()?.request();
      case 'request-punch':
        // Not awaited: heartbeats must not queue behind a slow broker.
        parts.requestPunch(peer).catch((error: unknown) => parts.onPunchFailed(peer, codeOf(error)));
        return;
      case 'show-mapping':
        return await parts.showMapping();
      case 'send-probe':
        return parts.probes()?.send(peer, effect, effect.to);
      case 'knock':
        return parts.probes()?.knock(peer, effect.to);
      case 'send-heartbeat':
        return parts.heartbeats()?.ask(peer, effect.id, effect.isBusy);
    }
  };
