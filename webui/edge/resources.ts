/** The live resources of the edge app, handed to panels by context. */
import { createContext } from '@lit/context';
import type {
  AccessLog,
  Address,
  EdgeSession,
  EdgeStatus,
  Forward,
  Host,
  PeerStatus,
  Scan,
  Scope,
  TemplateView,
} from '@sidegate/protocol';
import type { ApiClient } from '../shared/data/api-client.ts';
import type { Live, LiveList } from '../shared/data/live.ts';
import { watchAccessLog } from './data/access-log.ts';
import { watchAddresses } from './data/addresses.ts';
import type { EdgeStream } from './data/edge-stream.ts';
import { watchForwards } from './data/forwards.ts';
import { watchHosts } from './data/hosts.ts';
import { watchPeers } from './data/peers.ts';
import { watchScans } from './data/scans.ts';
import { watchScopes } from './data/scopes.ts';
import { watchStatus } from './data/status.ts';
import { watchTemplates } from './data/templates.ts';

/** Lives from login to log-out. */
export interface EdgeResources {
  readonly api: ApiClient;
  readonly stream: EdgeStream;
  readonly session: EdgeSession;
  readonly status: Live<EdgeStatus>;
  readonly hosts: LiveList<Host>;
  readonly scans: LiveList<Scan>;
  readonly forwards: LiveList<Forward>;
  readonly addresses: LiveList<Address>;
  readonly accessLog: Live<AccessLog>;
  readonly scopes: LiveList<Scope>;
  readonly peers: LiveList<PeerStatus>;
  readonly templates: Live<readonly TemplateView[]>;
}

export const edgeContext = createContext<EdgeResources>(Symbol('sg-edge'));

/** Nothing is fetched until a panel watches. */
export const createEdgeResources = (
  api: ApiClient,
  stream: EdgeStream,
  session: EdgeSession,
): EdgeResources => ({
  api,
  stream,
  session,
  status: watchStatus(api, stream),
  hosts: watchHosts(api, stream),
  scans: watchScans(api, stream),
  forwards: watchForwards(api, stream),
  addresses: watchAddresses(api, stream),
  accessLog: watchAccessLog(api, stream),
  scopes: watchScopes(api, stream),
  peers: watchPeers(api, stream),
  templates: watchTemplates(api, stream),
});
