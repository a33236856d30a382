/** Brings two nodes to probe each other at the same moment: one session, each other's candidates, both told at once. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@sidegate/kit';
import { LIMITS, type NodeId, type Punch } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { MapCompiler } from './network-map.ts';
import type { Node } from './node.ts';
import type { NodeStreams } from './node-streams.ts';
import type { Registry } from './registry.ts';
import { createTokenBuckets } from './token-buckets.ts';

/** One probe round lasts 4 s; a burst covers a network change on either side. */
const PAIR_RATE = { burst: 4, perSec: 0.5 };
/** Time for the event to reach the slower of the two; probes repeat, so it need not be long. */
const START_IN_MS = 50;

/** Creates the service. */
export const createPunching = (deps: {
  readonly registry: Registry;
  readonly compiler: MapCompiler;
  readonly streams: NodeStreams;
  readonly clock: Clock;
}) => {
  const { registry, compiler, streams } = deps;
  const rate = createTokenBuckets(PAIR_RATE, deps.clock);

  const punchFor = (viewer: Node, peer: Node, session: string): Punch => ({
    session,
    peer: peer.id,
    startInMs: START_IN_MS,
    candidates: compiler.candidatesOf(viewer, peer).slice(0, LIMITS.candidatesPerNode + 4),
    nat: peer.mapping.nat,
  });

  /** Starts both sides, or throws and starts neither. */
  return (node: Node, peerId: NodeId): void => {
    const peer = registry.find(peerId);
    // One error for strangers and for nodes that policy hides: ids of others are nobody's business.
    if (peer === undefined || !registry.mayMeet(node, peer)) {
      throw new BrokerError('PEER_NOT_PERMITTED', 'Punch towards this peer', { field: 'peer' });
    }
    const pair = [node.id, peer.id].sort().join(' ');
    const taken = rate.take(pair);
    if (!taken.ok) {
      const { retryAfterSec } = taken;
      throw new BrokerError('RATE_LIMITED', 'Too many punches between these nodes', {
        details: { retryAfterSec },
      });
    }
    if (!streams.has(node.id)) throw new BrokerError('STREAM_REQUIRED', 'Punch without an event stream');
    if (!streams.has(peer.id))
      throw new BrokerError('PEER_OFFLINE', `${peer.identity.name} is not connected`);
    const session = randomBytes(8).toString('hex');
    streams.send(peer.id, { event: 'punch', data: punchFor(peer, node, session) });
    streams.send(node.id, { event: 'punch', data: punchFor(node, peer, session) });
  };
};
