/** `/publications` of the local API: all of them as a file, and a file taken over, whole or not at all. */
import { newId } from '@sidegate/kit';
import {
  type AddressId,
  type ForwardId,
  type HostId,
  type ImportPlan,
  type ImportStep,
  LIMITS,
  PublicationFile,
} from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import {
  type ImportMakings,
  planAddressImport,
  planForwardImport,
} from '../../forwarding/plans/plan-import.ts';
import { renderPublicationFile } from '../../forwarding/render-publication-file.ts';
import type { ApiRequest, PluginHost } from '../../plugin-api/index.ts';
import { exchangeBoth, type Records } from './exchange-both.ts';
import { edgeNameOf } from './forward-kind.ts';
import { isDryRun } from './forward-routes.ts';
import type { Publishers } from './publishers.ts';
import { readForwardingState } from './read-forwarding-state.ts';
import type { SafeChange } from './safe-change.ts';

/** Throws where anything is refused. */
const checkSteps = (steps: readonly ImportStep[]): void => {
  const refused = steps.filter(({ what }) => what === 'refused');
  const [first] = refused;
  if (first === undefined) return;
  const others = refused.length === 1 ? '' : ` and ${refused.length - 1} more`;
  throw new AgentError(
    'IMPORT_REFUSED',
    `Refused: ${first.title}${others}. ${first.why ?? 'There is no reason'}`,
  );
};

/** Adds the routes. */
export const addPublicationFileRoutes = (
  host: PluginHost,
  publishers: Publishers,
  safe: SafeChange,
): void => {
  const { api } = host.hooks;
  const { forwards, addresses } = publishers;
  const makingsFor = ({ actor, query }: ApiRequest): ImportMakings => ({
    newId: {
      forward: () => newId<ForwardId>('f'),
      address: () => newId<AddressId>('v'),
      host: () => newId<HostId>('h'),
    },
    owner: actor.name,
    at: host.clock.wallMs(),
    isReplace: query.replace === '1',
  });
  const planFor = (file: PublicationFile, makings: ImportMakings) => async (present: Records) => {
    const state = await readForwardingState(host, present.forwards);
    const ports = planForwardImport(file.forwards, state, makings);
    const own = planAddressImport(file.addresses, present.addresses, state, makings);
    return { forwards: ports.next, addresses: own.next, steps: [...ports.steps, ...own.steps] };
  };
  api.add({
    method: 'GET',
    path: '/publications',
    summary: 'All forwards and addresses as a file that this or another edge can take over',
    handler: async () =>
      renderPublicationFile(
        { forwards: forwards.records(), addresses: addresses.records() },
        forwards.surroundings(),
        { edge: edgeNameOf(host), at: host.clock.wallMs() },
      ),
  });
  api.add({
    method: 'POST',
    path: '/publications/import',
    summary:
      'Takes over a file; `?dryRun=1` shows what would be done, `?replace=1` removes what is not in it',
    async handler(request): Promise<ImportPlan> {
      const file = await request.readBody(PublicationFile, LIMITS.publicationFileSizeBytes);
      const plan = planFor(file, makingsFor(request));
      if (isDryRun(request)) {
        const present = { forwards: forwards.records(), addresses: addresses.records() };
        return { isApplied: false, steps: (await plan(present)).steps };
      }
      let steps: readonly ImportStep[] = [];
      const planChecked: typeof plan = async (present) => {
        const planned = await plan(present);
        steps = planned.steps;
        checkSteps(steps);
        return planned;
      };
      await safe.guardAll(request, () => exchangeBoth(publishers, planChecked, request.actor.name));
      return { isApplied: true, steps: [...steps] };
    },
  });
};
