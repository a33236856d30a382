/**
 * The conversation with the broker while the agent is up: check-ins, the event stream, the map they keep current, and
 * what a person should know when the broker is silent, garbled or does not know us.
 */
import { type Clock, codeOf, describeError, type Logger, type Secret } from '@sidegate/kit';
import type { CheckInRequest, MapUpdate, NodeEvent, NodeId, Punch } from '@sidegate/protocol';
import { AgentError } from '../../../errors.ts';
import type { Health } from '../../../plugin-api/index.ts';
import type { MapHolder } from '../map/map-holder.ts';
import { judgeClock, MESH_WARNINGS, setWarning } from '../mesh-health.ts';
import type { BrokerClient } from './broker-client.ts';
import { type CheckInLoop, runCheckInLoop } from './check-in-loop.ts';
import { createDeferred } from './deferred.ts';
import { type HeldStream, holdEventStream } from './event-stream.ts';

/** Shorter than the time in which the paths expect an answer to their wish for a punch. */
const STREAM_PATIENCE_MS = 3_000;
/** The broker answers a check-in on the stream too. Not heard by then, the stream is dead: a NAT forgot it, say. */
const STREAM_ECHO_MS = 2_000;
/** Heard within this time, it needs no check. */
const STREAM_FRESH_MS = 1_000;

export interface BrokerLinkDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly health: Health;
  readonly client: BrokerClient;
  readonly token: Secret;
  readonly maps: MapHolder;
  /** What this node says of itself, fresh for each check-in. */
  readonly describe: () => Omit<CheckInRequest, 'revision'>;
  readonly onMapChanged: () => void;
  readonly onPunch: (punch: Punch) => void;
  /** The stream is open again: punches that were said meanwhile went past us. */
  readonly onHeardAgain: () => void;
  /** The broker lost its sessions: greet the beacons again, and expect nothing of the relay. */
  readonly onBeaconsLost: () => void;
  /** What our relay may do changed. */
  readonly onRelayDirectory: () => void;
  readonly onRevoked: (reason: string) => void;
  /** Another machine with our identity was there before us. */
  readonly onCloned: () => void;
  readonly onContact: (contact: {
    readonly isConnected: boolean;
    readonly lastContactAt?: number;
    readonly brokerTimeMs?: number | undefined;
  }) => void;
}

/** The conversation, until disposed. */
export interface BrokerLink extends AsyncDisposable {
  checkInSoon(): void;
  /** Asks for a punch once the stream is open, on which the answer comes; rejects when it does not open soon. */
  requestPunch(peer: NodeId): Promise<void>;
  /** Punches are about to matter: a stream that was silent for a while may be dead, and only a check-in tells. */
  checkStream(): void;
  /** Our network changed: the stream may be dead without knowing it. */
  reconnect(): void;
}

/** Starts talking. */
export const openBrokerLink = (deps: BrokerLinkDeps): BrokerLink => {
  const { clock, log, health, client, token, maps } = deps;
  const ended = new AbortController();
  let wantsWholeMap = false;
  let checkIns: CheckInLoop | undefined;
  let isStreaming = false;
  let hasStreamed = false;

  const applyUpdate = (update: MapUpdate) => {
    const outcome = maps.apply(update);
    if (outcome === 'refused') health.raise(MESH_WARNINGS.brokerGarbled);
    if (outcome === 'changed') {
      wantsWholeMap = false;
      deps.onMapChanged();
    }
    if (outcome !== 'mismatch' || wantsWholeMap) return;
    wantsWholeMap = true;
    checkIns?.request();
  };
  const noteRefusal = (error: unknown) => {
    const code = codeOf(error);
    if (code === 'NODE_REVOKED') return deps.onRevoked('the broker removed this node');
    if (code === 'IDENTITY_CLONED') return deps.onCloned();
    if (code === 'NODE_TOKEN_UNKNOWN') health.raise(MESH_WARNINGS.identityRefused);
    else if (code === 'BROKER_NOT_UNDERSTOOD') health.raise(MESH_WARNINGS.brokerGarbled);
    else
      health.raise({ ...MESH_WARNINGS.brokerUnreachable, title: `The broker cannot be reached (${code})` });
  };
  /** A dead connection is silent for ever, and pushes and punches go into it. */
  const expectEcho = (sinceMs: number) => {
    clock.after(STREAM_ECHO_MS, () => {
      if (!isStreaming || stream.heardAtMs() >= sinceMs || ended.signal.aborted) return;
      log.debug('the event stream is dead; opening another');
      reconnect();
    });
  };
  const checkIn = async (signal: AbortSignal) => {
    const [startedAtMs, wasStreaming] = [clock.monoMs(), isStreaming];
    const revision = wantsWholeMap ? 0 : (maps.map()?.revision ?? 0);
    const { response, brokerTimeMs } = await client.checkIn(token, { ...deps.describe(), revision }, signal);
    const lastContactAt = clock.wallMs();
    for (const { code } of [
      MESH_WARNINGS.brokerUnreachable,
      MESH_WARNINGS.brokerGarbled,
      MESH_WARNINGS.identityRefused,
    ])
      health.clear(code);
    setWarning(health, ...judgeClock(lastContactAt, brokerTimeMs));
    deps.onContact({ isConnected: true, lastContactAt, brokerTimeMs });
    applyUpdate(response.update);
    if (wasStreaming) expectEcho(startedAtMs);
    return { nextSec: response.checkInSec };
  };
  const onEvent = ({ event, data }: NodeEvent) => {
    switch (event) {
      case 'hello': {
        const known = maps.brokerBootId();
        maps.noteBrokerBoot(data.brokerBootId);
        if (known !== undefined && known !== data.brokerBootId) deps.onBeaconsLost();
        if (data.revision !== maps.map()?.revision) checkIns?.request();
        return;
      }
      case 'map':
        return applyUpdate(data);
      case 'punch':
        return deps.onPunch(data);
      case 'rebeacon':
        return deps.onBeaconsLost();
      case 'relay-directory':
        return deps.onRelayDirectory();
      case 'revoked':
        return deps.onRevoked(data.reason);
    }
  };
  const waiting = new Set<() => void>();
  const untilStreaming = async (): Promise<void> => {
    if (isStreaming) return;
    const { promise, resolve, reject } = createDeferred();
    using _timer = clock.after(STREAM_PATIENCE_MS, () =>
      reject(new AgentError('BROKER_UNREACHABLE', 'There is no event stream from the broker')),
    );
    waiting.add(resolve);
    await promise.finally(() => waiting.delete(resolve));
  };
  const stream: HeldStream = holdEventStream({
    clock,
    log,
    open: (signal) => client.watchEvents(token, signal),
    onEvent,
    onConnected(isConnected) {
      if (isConnected === isStreaming) return;
      isStreaming = isConnected;
      if (isConnected) {
        // A stream that fell silent said so; the next one being there takes it back.
        health.clear(MESH_WARNINGS.brokerUnreachable.code);
        for (const resolve of waiting) resolve();
        if (hasStreamed) deps.onHeardAgain();
        hasStreamed = true;
      }
      deps.onContact({ isConnected, ...(isConnected ? { lastContactAt: clock.wallMs() } : {}) });
    },
    onGarbled: () => health.raise(MESH_WARNINGS.brokerGarbled),
    onRefused: noteRefusal,
  });
  const reconnect = () => {
    isStreaming = false;
    stream.restart();
  };
  checkIns = runCheckInLoop({
    clock,
    checkIn,
    onFailed(error) {
      log.debug(`the check-in failed: ${describeError(error)}`);
      deps.onContact({ isConnected: false });
      noteRefusal(error);
    },
  });
  return {
    checkInSoon: () => checkIns?.request(),
    checkStream() {
      if (clock.monoMs() - stream.heardAtMs() > STREAM_FRESH_MS) checkIns?.request();
    },
    async requestPunch(peer) {
      await untilStreaming();
      await client.requestPunch(token, peer, ended.signal);
    },
    reconnect,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await Promise.all([stream[Symbol.asyncDispose](), checkIns?.[Symbol.asyncDispose]()]);
    },
  };
};
