/** The routes of discovery: hosts, scopes, scans. Short: parse, ask, answer. */
import {
  type Host,
  HostId,
  HostPatch,
  NewScan,
  NewScope,
  ScanId,
  ScopeId,
  ScopePatch,
} from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { ApiRoute } from '../../plugin-api/index.ts';
import type { HostKeeper } from './host-keeper.ts';
import type { ScanDesk } from './scan-desk.ts';
import type { ScopeKeeper } from './scope-keeper.ts';
import type { ScopeScout } from './scope-scout.ts';

/** What the routes call. */
export interface DiscoveryRoutesDeps {
  readonly keeper: HostKeeper;
  readonly scopes: ScopeKeeper;
  readonly scout: ScopeScout;
  readonly desk: ScanDesk;
  /** Does a forward lead there? */
  readonly isPublished: (id: HostId) => boolean;
}

const hostRoutes = ({ keeper, isPublished }: DiscoveryRoutesDeps): readonly ApiRoute[] => {
  const find = (id: string | undefined): Host => {
    const parsed = v.safeParse(HostId, id);
    const host = parsed.success ? keeper.book.get(parsed.output) : undefined;
    if (host === undefined) throw new AgentError('HOST_NOT_FOUND', 'There is no such host');
    return host;
  };
  return [
    {
      method: 'GET',
      path: '/hosts',
      summary: 'All hosts that were seen',
      handler: async () => keeper.book.list(),
    },
    {
      method: 'GET',
      path: '/hosts/:id',
      summary: 'One host, with the evidence for what is shown',
      handler: async ({ params }) => find(params.id),
    },
    {
      method: 'PATCH',
      path: '/hosts/:id',
      summary: 'Names a host, or notes something about it; an empty name takes the name back',
      handler: async ({ params, readBody }) => {
        const { id } = find(params.id);
        keeper.note(keeper.book.patch(id, await readBody(HostPatch)));
        keeper.flush();
        keeper.saveKept();
        return find(id);
      },
    },
    {
      method: 'DELETE',
      path: '/hosts/:id',
      summary: 'Forgets a host until it is seen again',
      handler: async ({ params }) => {
        const { id, name } = find(params.id);
        if (isPublished(id)) throw new AgentError('HOST_IN_USE', `Forwards lead to ${name}`);
        keeper.note(keeper.book.remove(id));
        keeper.flush();
        keeper.saveKept();
      },
    },
  ];
};

/** What is different since somebody looked. */
const changeRoutes = ({ keeper }: DiscoveryRoutesDeps): readonly ApiRoute[] => [
  {
    method: 'GET',
    path: '/changes',
    summary: 'Hosts that are new, gone, back or moved since somebody said to have seen the last changes',
    handler: async () => keeper.changes(),
  },
  {
    method: 'POST',
    path: '/changes/seen',
    summary: 'From here on only what changes from now on is a change',
    handler: async () => keeper.noteVisit(),
  },
];

const findScopeId = (id: string | undefined): ScopeId => {
  const parsed = v.safeParse(ScopeId, id);
  if (!parsed.success) throw new AgentError('SCOPE_NOT_FOUND', 'There is no such scope');
  return parsed.output;
};

const scopeRoutes = ({ scopes, scout }: DiscoveryRoutesDeps): readonly ApiRoute[] => [
  {
    method: 'GET',
    path: '/scopes/suggestions',
    summary: 'Networks that can be reached and nobody has added; looking takes seconds',
    handler: async () => scout.look(),
  },
  {
    method: 'GET',
    path: '/scopes',
    summary: 'Networks that can be scanned and published from',
    handler: async () => scopes.list(),
  },
  {
    method: 'POST',
    path: '/scopes',
    summary: 'Adds a routed or DMZ network, or one on a wire where this edge has no address',
    handler: async ({ readBody, signal }) => scopes.add(await readBody(NewScope), signal),
  },
  {
    method: 'DELETE',
    path: '/scopes/:id',
    summary: 'Removes a network that was added',
    handler: async ({ params }) => scopes.remove(findScopeId(params.id)),
  },
  {
    method: 'PATCH',
    path: '/scopes/:id',
    summary: 'Changes how a network is scanned: when, which ports, how fast',
    handler: async ({ params, readBody }) => scopes.patch(findScopeId(params.id), await readBody(ScopePatch)),
  },
];

const scanRoutes = ({ desk }: DiscoveryRoutesDeps): readonly ApiRoute[] => [
  {
    method: 'GET',
    path: '/scans',
    summary: 'Scans, newest first',
    handler: async () => desk.list(),
  },
  {
    method: 'POST',
    path: '/scans',
    summary: 'Starts a scan of one scope, or of every attached one',
    handler: async ({ readBody }) => desk.start(await readBody(NewScan)),
  },
  {
    method: 'DELETE',
    path: '/scans/:id',
    summary: 'Cancels a scan at once',
    handler: async ({ params }) => {
      const id = v.safeParse(ScanId, params.id);
      if (!id.success) throw new AgentError('SCAN_NOT_FOUND', 'There is no such scan');
      return desk.cancel(id.output);
    },
  },
];

/** All routes of this plugin. */
export const discoveryRoutes = (deps: DiscoveryRoutesDeps): readonly ApiRoute[] => [
  ...hostRoutes(deps),
  ...changeRoutes(deps),
  ...scopeRoutes(deps),
  ...scanRoutes(deps),
];
