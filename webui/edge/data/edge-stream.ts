/** The edge's event stream, typed. */
import type { EdgeEvent } from '@sidegate/protocol';
import { type EventSourceLike, type EventStream, openEventStream } from '../../shared/data/event-stream.ts';

/** Payload by event name. */
export type EdgeEventMap = { [E in EdgeEvent as E['event']]: E['data'] };
export type EdgeStream = EventStream<EdgeEventMap>;

// Spelled out and checked for completeness: the schemas behind EDGE_EVENTS would weigh on the first load.
const NAMES: Record<keyof EdgeEventMap, true> = {
  'status.changed': true,
  'host.changed': true,
  'host.removed': true,
  'scan.changed': true,
  'forward.changed': true,
  'forward.removed': true,
  'address.changed': true,
  'address.removed': true,
  'peer.changed': true,
};

/** Opens it. */
export const openEdgeStream = (
  open: () => EventSourceLike = () => new EventSource('/api/events'),
): EdgeStream => openEventStream<EdgeEventMap>({ names: Object.keys(NAMES) as (keyof EdgeEventMap)[], open });
