/**
 * Two nodes and a broker in one process: real path runners over a WireGuard of a few lines and an internet of tables.
 * The WireGuard here has what paths depend on: sessions that both sides must have, endpoints that follow every
 * accepted packet, and a relay that forwards only sessions whose handshake it has seen.
 */
import { createVirtualClock, silentLogger } from '@sidegate/kit';
import type { Candidate, Endpoint, Ip4, MapPeer, NodeId, PublicKey } from '@sidegate/protocol';
import type { PathEffect, PathEvent, PathState } from '../../../paths/path-machine.ts';
import { type Attachment, createPacketRouter, type NatPreset } from '../../../paths/testing/packet-router.ts';
import { createPathRunner, type PathRunner } from '../path-runner.ts';

const RELAY = '203.0.113.1:7382' as Endpoint;
const POLL_MS = 1000;

type Inner =
  | { readonly kind: 'keepalive' }
  | { readonly kind: 'request' | 'answer'; readonly id: number; readonly isBusy: boolean }
  | { readonly kind: 'echo' | 'reply'; readonly id: number };
type Datagram =
  | { readonly type: 'beacon'; readonly from: NodeId }
  | {
      readonly type: 'handshake';
      readonly from: NodeId;
      readonly session: number;
      readonly isAnswer: boolean;
    }
  | { readonly type: 'data'; readonly from: NodeId; readonly session: number; readonly inner: Inner }
  | {
      readonly type: 'probe';
      readonly from: NodeId;
      readonly frame: Pick<Extract<PathEffect, { kind: 'send-probe' }>, 'type' | 'session' | 'nonce'>;
    };

/** One simulated node. */
export interface SimulatedNode {
  readonly runner: PathRunner;
  readonly state: () => PathState;
  readonly endpoint: () => Endpoint | undefined;
  /** Sends an application packet; the other side replies. */
  echo(): void;
  readonly echoes: { sent: number; replied: number; lastReplyAtMs: number; longestSilenceMs: number };
  readonly probesSent: () => number;
  renumber(address: Ip4): void;
}

/** The two of them, with the clock that moves them. */
export interface SimulatedPair {
  readonly a: SimulatedNode;
  readonly b: SimulatedNode;
  /** Lets time pass, one echo each way every 50 ms where asked for. */
  pass(ms: number, options?: { readonly isTalking?: boolean }): Promise<void>;
  restartBroker(): void;
  /** Every move of both paths, for a failing test. */
  readonly story: string[];
}

const peerOf = (id: NodeId, key: string): MapPeer =>
  ({
    id,
    name: id,
    publicKey: key as PublicKey,
    online: true,
    nat: 'unknown',
    candidates: [],
  }) as unknown as MapPeer;

/** Builds both nodes behind these NATs, relayed. */
export const createSimulatedPair = async (
  natA: NatPreset,
  natB: NatPreset,
  delayMs = 10,
  /** Whose router maps a port to it. */
  mappedPorts: { readonly a?: number; readonly b?: number } = {},
): Promise<SimulatedPair> => {
  const clock = createVirtualClock();
  const router = createPacketRouter(clock, delayMs);
  const story: string[] = [];
  const ids = { a: 'n_a' as NodeId, b: 'n_b' as NodeId };
  const otherOf = (id: NodeId) => (id === ids.a ? ids.b : ids.a);
  const mapped = new Map<NodeId, Endpoint>();
  let routed = new Set<number>();
  let nextSession = 1;
  let punches = 0;

  const relay = router.attach(
    'none',
    '203.0.113.1' as Ip4,
    (payload, from) => {
      const datagram = payload as Datagram;
      if (datagram.type === 'beacon') return void mapped.set(datagram.from, from);
      if (datagram.type === 'probe' || mapped.get(datagram.from) !== from) return;
      if (datagram.type === 'handshake') routed.add(datagram.session);
      const to = mapped.get(otherOf(datagram.from));
      if (to !== undefined && routed.has(datagram.session)) relay.send(to, datagram);
    },
    7382,
  );

  const createNode = (
    id: NodeId,
    key: string,
    peer: MapPeer,
    nat: NatPreset,
    address: Ip4,
    mappedPort: number | undefined,
  ) => {
    let endpoint: Endpoint | undefined = RELAY;
    // Newest last. Older ones still receive, as WireGuard's previous key pair does: handshakes may cross.
    let sessions: number[] = [];
    let handshakeAtMs = 0;
    let hadTraffic = false;
    let probesSent = 0;
    const echoes = { sent: 0, replied: 0, lastReplyAtMs: 0, longestSilenceMs: 0 };
    const sendInner = (inner: Inner) => {
      if (endpoint === undefined) return;
      const session = sessions.at(-1);
      if (session === undefined) return shake();
      attachment.send(endpoint, { type: 'data', from: id, session, inner } satisfies Datagram);
    };
    const noteSession = (session: number) => {
      sessions = [...sessions.filter((known) => known !== session), session].slice(-3);
      handshakeAtMs = clock.monoMs();
    };
    const shake = () => {
      const session = nextSession++;
      noteSession(session);
      attachment.send(endpoint!, {
        type: 'handshake',
        from: id,
        session,
        isAnswer: false,
      } satisfies Datagram);
    };
    const feed = (event: PathEvent) => runner.dispatch(peer.id, event);
    const onInner = (inner: Inner) => {
      if (inner.kind === 'request') {
        feed({ kind: 'heartbeat-request', isBusy: inner.isBusy });
        sendInner({ kind: 'answer', id: inner.id, isBusy: false });
      }
      if (inner.kind === 'answer') feed({ kind: 'heartbeat-answer', id: inner.id });
      if (inner.kind === 'echo') sendInner({ kind: 'reply', id: inner.id });
      if (inner.kind === 'reply') {
        echoes.replied += 1;
        echoes.longestSilenceMs = Math.max(echoes.longestSilenceMs, clock.monoMs() - echoes.lastReplyAtMs);
        echoes.lastReplyAtMs = clock.monoMs();
      }
      if (inner.kind === 'echo' || inner.kind === 'reply') hadTraffic = true;
    };
    const onPacket = (payload: unknown, from: Endpoint) => {
      const datagram = payload as Datagram;
      if (datagram.type === 'probe') {
        const { type, session: probing, nonce } = datagram.frame;
        if (type === 'pong') feed({ kind: 'pong', session: probing, nonce, from });
        else feed({ kind: 'ping', session: probing, nonce, from, isSelect: type === 'select' });
      } else if (datagram.type === 'handshake') {
        noteSession(datagram.session);
        endpoint = from;
        if (!datagram.isAnswer)
          attachment.send(from, { ...datagram, from: id, isAnswer: true } satisfies Datagram);
      } else if (datagram.type === 'data' && sessions.includes(datagram.session)) {
        endpoint = from;
        onInner(datagram.inner);
      }
    };
    const attachment: Attachment = router.attach(nat, address, onPacket, undefined, mappedPort);
    const readTunnel = () => {
      const handshakeAgeMs = sessions.length === 0 ? undefined : clock.monoMs() - handshakeAtMs;
      feed({ kind: 'tunnel-read', endpoint, handshakeAgeMs });
    };
    const perform = async (_peer: MapPeer, effect: PathEffect) => {
      if (effect.kind === 'set-endpoint') {
        endpoint = effect.endpoint;
        sendInner({ kind: 'keepalive' });
      }
      if (effect.kind === 'reset-peer') {
        endpoint = effect.endpoint;
        sessions = [];
        shake();
      }
      if (effect.kind === 'show-mapping')
        attachment.send(RELAY, { type: 'beacon', from: id } satisfies Datagram);
      if (effect.kind === 'read-tunnel') readTunnel();
      if (effect.kind === 'request-punch') clock.after(2 * delayMs, punch);
      if (effect.kind === 'send-heartbeat')
        sendInner({ kind: 'request', id: effect.id, isBusy: effect.isBusy });
      if (effect.kind === 'send-probe') {
        probesSent += 1;
        const { type, session: probing, nonce } = effect;
        const frame = { type, session: probing, nonce };
        attachment.send(effect.to, { type: 'probe', from: id, frame } satisfies Datagram);
      }
    };
    const runner = createPathRunner({
      clock,
      log: silentLogger,
      ownKey: key as PublicKey,
      perform,
      onMoved: (_peer, { transitions }) => {
        const { to, why } = transitions.at(-1)!;
        story.push(`${Math.round(clock.monoMs())} ms ${id} ${to}: ${why}`);
      },
    });
    runner.setCanProbe(true);
    runner.setPeers(
      [peer],
      () => RELAY,
      () => ({ endpoint: RELAY, handshakeAgeMs: undefined }),
    );
    const greet = () => {
      attachment.send(RELAY, { type: 'beacon', from: id } satisfies Datagram);
      clock.after(5000, greet);
    };
    const poll = () => {
      readTunnel();
      if (hadTraffic) feed({ kind: 'traffic', isReceived: true });
      hadTraffic = false;
      clock.after(POLL_MS, poll);
    };
    greet();
    poll();
    return {
      runner,
      feed,
      attachment,
      mapped:
        mappedPort === undefined
          ? []
          : [{ kind: 'mapped' as const, endpoint: `${address}:${mappedPort}` as Endpoint }],
      isYielding: nat === 'symmetric' && mappedPort !== undefined,
      state: () => runner.stateOf(peer.id)!,
      endpoint: () => endpoint,
      echoes,
      probesSent: () => probesSent,
      echo() {
        echoes.sent += 1;
        sendInner({ kind: 'echo', id: echoes.sent });
      },
      renumber: attachment.renumber,
    };
  };
  const a = createNode(ids.a, 'A', peerOf(ids.b, 'B'), natA, '198.51.100.1' as Ip4, mappedPorts.a);
  const b = createNode(ids.b, 'B', peerOf(ids.a, 'A'), natB, '198.51.100.2' as Ip4, mappedPorts.b);
  const candidatesOf = (id: NodeId): Candidate[] => {
    const endpoint = mapped.get(id);
    const { mapped: open } = id === ids.a ? a : b;
    return [...open, ...(endpoint === undefined ? [] : [{ kind: 'reflexive' as const, endpoint }])];
  };
  const punch = () => {
    const session = (++punches).toString(16).padStart(16, '0');
    for (const [node, peer] of [
      [a, ids.b],
      [b, ids.a],
    ] as const)
      clock.after(delayMs, () =>
        node.feed({
          kind: 'punch',
          session,
          startInMs: 50,
          candidates: candidatesOf(peer),
          isYielding: node.isYielding,
        }),
      );
  };
  await clock.advance(100);
  return {
    a,
    b,
    story,
    async pass(ms, { isTalking = false } = {}) {
      const end = clock.monoMs() + ms;
      while (clock.monoMs() < end) {
        if (isTalking) {
          a.echo();
          b.echo();
        }
        await clock.advance(Math.min(50, end - clock.monoMs()));
      }
    },
    restartBroker() {
      routed = new Set();
      for (const node of [a, b]) node.feed({ kind: 'relay-lost' });
    },
  };
};
