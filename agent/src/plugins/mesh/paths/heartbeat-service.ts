/** Heartbeats on the mesh address: asks, answers, and counts, so that they can be told from traffic. */
import type { Clock } from '@sidegate/kit';
import { DEFAULTS, type Ip4, type MapPeer, type NodeId } from '@sidegate/protocol';
import { decodeHeartbeat, encodeHeartbeat } from '../../../paths/heartbeat-frame.ts';
import type { HeartbeatTally } from '../../../paths/traffic-meter.ts';
import type { Sockets } from '../../../ports/index.ts';

/** Answers a second to one peer: far more than any honest peer asks. */
const ANSWERS_PER_SEC = 20;

export interface HeartbeatService extends AsyncDisposable {
  setPeers(peers: readonly MapPeer[]): void;
  ask(peer: MapPeer, id: number, isBusy: boolean): void;
  /** What went over the wire since the last call for this peer. */
  takeTally(peer: NodeId): HeartbeatTally;
}

interface Known {
  readonly peer: MapPeer;
  sent: number;
  received: number;
  answersInSecond: number;
  second: number;
}

/** Binds our mesh address; rejects while the interface does not have it. */
export const startHeartbeatService = async (options: {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly address4: Ip4;
  readonly onRequest: (peer: NodeId, isBusy: boolean) => void;
  readonly onAnswer: (peer: NodeId, id: number) => void;
}): Promise<HeartbeatService> => {
  const { sockets, clock, address4, onRequest, onAnswer } = options;
  const port = DEFAULTS.heartbeatPort;
  const socket = await sockets.bindUdp({ family: 4, address: address4, port });
  let byAddress = new Map<string, Known>();
  const byId = new Map<NodeId, Known>();

  const mayAnswer = (known: Known): boolean => {
    const second = Math.floor(clock.monoMs() / 1000);
    known.answersInSecond = known.second === second ? known.answersInSecond + 1 : 1;
    known.second = second;
    return known.answersInSecond <= ANSWERS_PER_SEC;
  };
  const listener = socket.onMessage((bytes, from) => {
    const known = byAddress.get(from.address);
    const frame = decodeHeartbeat(bytes);
    if (known === undefined || frame === undefined || from.port !== port) return;
    known.received += 1;
    if (frame.type === 'answer') return onAnswer(known.peer.id, frame.id);
    if (mayAnswer(known)) {
      known.sent += 1;
      socket.send(encodeHeartbeat({ type: 'answer', isBusy: false, id: frame.id }), from);
    }
    onRequest(known.peer.id, frame.isBusy);
  });
  return {
    setPeers(peers) {
      const before = new Map(byId);
      byId.clear();
      for (const peer of peers) {
        const known = before.get(peer.id);
        byId.set(peer.id, { sent: 0, received: 0, answersInSecond: 0, second: 0, ...known, peer });
      }
      byAddress = new Map([...byId.values()].map((known) => [known.peer.address4, known]));
    },
    ask(peer, id, isBusy) {
      const known = byId.get(peer.id);
      if (known === undefined) return;
      known.sent += 1;
      socket.send(encodeHeartbeat({ type: 'request', isBusy, id }), { address: peer.address4, port });
    },
    takeTally(id) {
      const known = byId.get(id);
      const tally = { sent: known?.sent ?? 0, received: known?.received ?? 0 };
      if (known !== undefined) Object.assign(known, { sent: 0, received: 0 });
      return tally;
    },
    async [Symbol.asyncDispose]() {
      listener[Symbol.dispose]();
      await socket[Symbol.asyncDispose]();
    },
  };
};
