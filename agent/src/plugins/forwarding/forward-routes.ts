/** `/forwards` of the local API. */
import { newId } from '@sidegate/kit';
import { ForwardId, ForwardPatch, type ForwardPlan, NewForward } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { ForwardRecord } from '../../forwarding/forward-record.ts';
import { planForward } from '../../forwarding/plans/plan-forward.ts';
import { renderForwardText } from '../../forwarding/render-forward-text.ts';
import type { ApiRequest, PluginHost } from '../../plugin-api/index.ts';
import type { Publishers } from './publishers.ts';
import { readForwardingState } from './read-forwarding-state.ts';
import type { SafeChange } from './safe-change.ts';

const parseId = (text: string | undefined): ForwardId => {
  const id = v.safeParse(ForwardId, text);
  if (!id.success) throw new AgentError('FORWARD_NOT_FOUND', 'There is no such forward');
  return id.output;
};

/** Does the query ask for the plan only? */
export const isDryRun = ({ query }: Pick<ApiRequest, 'query'>): boolean =>
  query.dryRun === '1' || query.dryRun === 'true';

/** Adds the routes. `look` reads the counters. */
export const addForwardRoutes = (
  host: PluginHost,
  { forwards }: Publishers,
  look: () => Promise<void>,
  safe: SafeChange,
): void => {
  const { api } = host.hooks;
  const { clock } = host;
  const planFor = (request: NewForward, owner: string) => async (present: readonly ForwardRecord[]) =>
    planForward(request, await readForwardingState(host, present), {
      id: newId<ForwardId>('f'),
      owner,
      at: clock.wallMs(),
    });
  const preview = async (plan: ReturnType<typeof planFor>): Promise<ForwardPlan> => {
    const { shown, rules } = await forwards.preview(plan);
    return { forward: shown, ruleset: renderForwardText(rules, clock.wallMs()) };
  };
  api.add({
    method: 'GET',
    path: '/forwards',
    summary: 'All forwards, with how much they are used',
    handler: async () => {
      await look();
      return forwards.list();
    },
  });
  api.add({
    method: 'POST',
    path: '/forwards',
    summary: 'Adds a forward; `?dryRun=1` shows what would be done',
    handler: async (request) => {
      const body = await request.readBody(NewForward);
      const owner = request.actor.name;
      const plan = planFor(body, owner);
      return isDryRun(request) ? await preview(plan) : await forwards.create(plan);
    },
  });
  api.add({
    method: 'PATCH',
    path: '/forwards/:id',
    summary:
      'Turns a forward on or off, labels it, or lets it end at another time; `?dryRun=1` shows what would be',
    handler: async (request) => {
      const id = parseId(request.params.id);
      const patch = await request.readBody(ForwardPatch);
      if (isDryRun(request)) return preview(async () => forwards.planPatch(id, patch));
      return safe.guard('forward', id, request, () => forwards.patch(id, patch));
    },
  });
  api.add({
    method: 'DELETE',
    path: '/forwards/:id',
    summary: 'Removes a forward and cuts its connections; `?dryRun=1` shows it',
    handler: async (request) => {
      const id = parseId(request.params.id);
      if (isDryRun(request)) return preview(async () => forwards.planPatch(id, {}));
      return safe.guard('forward', id, request, () => forwards.remove(id, request.actor.name));
    },
  });
};
