/** What the portal's panels receive by context. */
import { createContext } from '@lit/context';
import type { PortalNode, PortalSession } from '@sidegate/protocol';
import type { ApiClient } from '../shared/data/api-client.ts';
import type { LiveList } from '../shared/data/live.ts';
import { watchNodes } from './data/nodes.ts';
import type { PortalStream } from './data/portal-stream.ts';

/** Lives from login to log-out. */
export interface PortalResources {
  readonly api: ApiClient;
  readonly stream: PortalStream;
  readonly session: PortalSession;
  readonly nodes: LiveList<PortalNode>;
}

export const portalContext = createContext<PortalResources>(Symbol('sg-portal'));

/** Nothing is fetched until a panel watches. */
export const createPortalResources = (
  api: ApiClient,
  stream: PortalStream,
  session: PortalSession,
): PortalResources => ({ api, stream, session, nodes: watchNodes(api, stream) });
