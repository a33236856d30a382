/** What the parts of the fake portal share: its data, who is logged in, and what pages hear. */
import type { PortalNode, PortalSession } from '@sidegate/protocol';
import { createEvents } from './fake-api.ts';
import { createFakeSessions, type FakeSessions } from './fake-sessions.ts';
import { makePortalData, type PortalData } from './portal-data.ts';

/** One portal's memory. */
export interface PortalWorld {
  readonly data: PortalData;
  readonly events: ReturnType<typeof createEvents>;
  readonly sessions: FakeSessions<PortalSession>;
  /** Notes in the audit what the person of a session did. */
  record(session: string, action: string, target: string, detail?: string): void;
  /** Adds or replaces a node, and tells. */
  putNode(node: PortalNode): PortalNode;
}

/** An account as it is at `nowMs`, with nobody logged in. */
export const createPortalWorld = (nowMs: number): PortalWorld => {
  const data = makePortalData(nowMs);
  const events = createEvents();
  const sessions = createFakeSessions<PortalSession>('SESSION_REQUIRED');
  return {
    data,
    events,
    sessions,
    record: (session, action, target, detail = '') => {
      const actor = sessions.get(session)?.user.name ?? '';
      data.audit.unshift({ at: Date.now(), actor, action, target, detail });
    },
    putNode: (node) => {
      data.nodes.set(node.id, node);
      events.emit('node.changed', node);
      return node;
    },
  };
};
