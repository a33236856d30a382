/**
 * Two nodes and a broker in one process: real path runners over a WireGuard of a few lines and an internet of tables.
 * The WireGuard here has what paths depend on: sessions that both sides must have, endpoints that follow every
 * accepted packet, and relays that forward only sessions whose handshake they have seen.
 */
import { createVirtualClock, silentLogger } from '@sidegate/kit';
import type { Candidate, Endpoint, Ip4, MapPeer, NodeId, PublicKey } from '@sidegate/protocol';
import type { PathEffect, PathEvent, PathState } from '../../../paths/path-machine.ts';
import { directWayOf } from '../../../paths/path-state.ts';
import { type Attachment, createPacketRouter, type NatPreset } from '../../../paths/testing/packet-router.ts';
import { createPathRunner, type PathRunner } from '../paths/path-runner.ts';

const RELAY = '203.0.113.1:7382' as Endpoint;
/** A second one, of the account's own. */
export const OTHER_RELAY = '203.0.113.2:7383' as Endpoint;
const POLL_MS = 1000;
/** WireGuard's REKEY_TIMEOUT. */
const REKEY_TIMEOUT_MS = 5000;

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
  /** Its machine has another address in the same network; `shows` the NAT the way past the relay before all else. */
  moveInside(shows: boolean): void;
}

/** The two of them, with the clock that moves them. */
export interface SimulatedPair {
  readonly a: SimulatedNode;
  readonly b: SimulatedNode;
  /** Lets time pass, one echo each way every 50 ms where asked for. */
  pass(ms: number, options?: { readonly isTalking?: boolean | 'a' | 'b' }): Promise<void>;
  restartBroker(): void;
  /** One end hears that the pair has another relay. */
  useRelay(which: 'a' | 'b', relay: Endpoint): void;
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
  /** As WireGuard has it: handshakes that cross undo each other, and the next try is five seconds away. */
  { isStrict = false } = {},
): Promise<SimulatedPair> => {
  const clock = createVirtualClock();
  const router = createPacketRouter(clock, delayMs);
  const story: string[] = [];
  const ids = { a: 'n_a' as NodeId, b: 'n_b' as NodeId };
  const otherOf = (id: NodeId) => (id === ids.a ? ids.b : ids.a);
  const mapped = new Map<string, Endpoint>();
  let routed = new Set<number>();
  let nextSession = 1;
  let punches = 0;

  const openRelay = (address: Ip4, port: number, routes: () => Set<number>) => {
    const relay = router.attach(
      'none',
      address,
      (payload, from) => {
        const datagram = payload as Datagram;
        if (datagram.type === 'beacon') return void mapped.set(`${datagram.from}${port}`, from);
        if (datagram.type === 'probe' || mapped.get(`${datagram.from}${port}`) !== from) return;
        if (datagram.type === 'handshake') routes().add(datagram.session);
        const to = mapped.get(`${otherOf(datagram.from)}${port}`);
        if (to !== undefined && routes().has(datagram.session)) relay.send(to, datagram);
      },
      port,
    );
  };
  const otherRouted = new Set<number>();
  openRelay('203.0.113.1' as Ip4, 7382, () => routed);
  openRelay('203.0.113.2' as Ip4, 7383, () => otherRouted);

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
    /** Who has sent an initiation and had none since; used where handshakes are strict. */
    let initiated: number | undefined;
    let initiatedAtMs = Number.NEGATIVE_INFINITY;
    let unconfirmed: number | undefined;
    const shake = () => {
      if (isStrict && clock.monoMs() - initiatedAtMs < REKEY_TIMEOUT_MS) return;
      const session = nextSession++;
      initiated = session;
      initiatedAtMs = clock.monoMs();
      if (!isStrict) noteSession(session);
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
      if (datagram.type === 'beacon') return;
      if (datagram.type === 'probe') {
        const { type, session: probing, nonce } = datagram.frame;
        if (type === 'pong') feed({ kind: 'pong', session: probing, nonce, from });
        else feed({ kind: 'ping', session: probing, nonce, from, isSelect: type === 'select' });
      } else if (datagram.type === 'handshake') {
        if (isStrict && datagram.isAnswer && initiated !== datagram.session) return;
        if (isStrict && !datagram.isAnswer) unconfirmed = datagram.session;
        else noteSession(datagram.session);
        initiated = undefined;
        endpoint = from;
        if (isStrict && datagram.isAnswer) sendInner({ kind: 'keepalive' });
        if (!datagram.isAnswer)
          attachment.send(from, { ...datagram, from: id, isAnswer: true } satisfies Datagram);
      } else if (
        datagram.type === 'data' &&
        (sessions.includes(datagram.session) || unconfirmed === datagram.session)
      ) {
        if (unconfirmed === datagram.session) noteSession(datagram.session);
        if (unconfirmed === datagram.session) unconfirmed = undefined;
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
      if (effect.kind === 'aim') endpoint = effect.endpoint;
      if (effect.kind === 'reset-peer') {
        endpoint = effect.endpoint;
        sessions = [];
        initiated = undefined;
        unconfirmed = undefined;
        initiatedAtMs = Number.NEGATIVE_INFINITY;
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
      onWoken: () => {},
      onMoved: (_peer, { transitions }) => {
        const { to, why } = transitions.at(-1)!;
        story.push(`${Math.round(clock.monoMs())} ms ${id} ${to}: ${why}`);
      },
    });
    runner.setCanProbe(true);
    const useRelay = (relay: Endpoint) => {
      runner.setPeers(
        [peer],
        () => relay,
        () => ({ endpoint: RELAY, handshakeAgeMs: undefined }),
        (at) => (at === RELAY || at === OTHER_RELAY ? at : undefined),
      );
      // What the reconciling of the tunnel does for peers without a path.
      if (!runner.hasPath(peer.publicKey)) endpoint = relay;
    };
    useRelay(RELAY);
    const greetNow = () => {
      for (const to of [RELAY, OTHER_RELAY])
        attachment.send(to, { type: 'beacon', from: id } satisfies Datagram);
    };
    const greet = () => {
      greetNow();
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
      useRelay,
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
      moveInside(shows: boolean) {
        // Flows of keepalives that nobody answers are forgotten sooner than those of a path.
        attachment.moveInside((to) => to === RELAY || to === OTHER_RELAY);
        const way = directWayOf(runner.stateOf(peer.id)!);
        if (shows && way !== undefined) attachment.send(way, { type: 'beacon', from: id } satisfies Datagram);
        greetNow();
        feed({ kind: 'network-changed', left: [4] });
      },
    };
  };
  const a = createNode(ids.a, 'A', peerOf(ids.b, 'B'), natA, '198.51.100.1' as Ip4, mappedPorts.a);
  const b = createNode(ids.b, 'B', peerOf(ids.a, 'A'), natB, '198.51.100.2' as Ip4, mappedPorts.b);
  const candidatesOf = (id: NodeId): Candidate[] => {
    const endpoint = mapped.get(`${id}7382`);
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
        if (isTalking === true || isTalking === 'a') a.echo();
        if (isTalking === true || isTalking === 'b') b.echo();
        await clock.advance(Math.min(50, end - clock.monoMs()));
      }
    },
    useRelay: (which, relay) => (which === 'a' ? a : b).useRelay(relay),
    restartBroker() {
      routed = new Set();
      for (const node of [a, b]) node.feed({ kind: 'relay-lost' });
    },
  };
};
