/** The portal's event stream, typed. */
import type { PortalEvent } from '@sidegate/protocol';
import { type EventSourceLike, type EventStream, openEventStream } from '../../shared/data/event-stream.ts';

/** Payload by event name. */
export type PortalEventMap = { [E in PortalEvent as E['event']]: E['data'] };
export type PortalStream = EventStream<PortalEventMap>;

// Spelled out and checked for completeness: the schemas behind PORTAL_EVENTS would weigh on the first load.
const NAMES: Record<keyof PortalEventMap, true> = {
  'node.changed': true,
  'node.removed': true,
  'enrolment.requested': true,
};

/** Opens it. */
export const openPortalStream = (
  open: () => EventSourceLike = () => new EventSource('/v1/portal/events'),
): PortalStream =>
  openEventStream<PortalEventMap>({ names: Object.keys(NAMES) as (keyof PortalEventMap)[], open });
