/** A template applied to hosts: planned over what is published now, then published as one change. */
import { newId } from '@sidegate/kit';
import type { AddressId, ForwardId, Host, Template, TemplateStep } from '@sidegate/protocol';
import { planTemplate } from '../../forwarding/plans/plan-template.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { exchangeBoth } from './exchange-both.ts';
import type { Publishers } from './publishers.ts';
import { readForwardingState } from './read-forwarding-state.ts';

/** What is refused is left out, and stands among the steps; a dry run changes nothing. */
export const applyTemplate = async (
  host: PluginHost,
  publishers: Publishers,
  template: Template,
  hosts: readonly Host[],
  { user, isDryRun }: { readonly user: string; readonly isDryRun: boolean },
): Promise<readonly TemplateStep[]> => {
  const makings = {
    newId: { forward: () => newId<ForwardId>('f'), address: () => newId<AddressId>('v') },
    owner: user,
    at: host.clock.wallMs(),
  };
  let steps: readonly TemplateStep[] = [];
  const plan: Parameters<typeof exchangeBoth>[1] = async ({ forwards, addresses }) => {
    const state = await readForwardingState(host, forwards);
    const planned = planTemplate(template, hosts, addresses, state, makings);
    steps = planned.steps;
    return planned;
  };
  const { forwards, addresses } = publishers;
  if (isDryRun) await plan({ forwards: forwards.records(), addresses: addresses.records() });
  else await exchangeBoth(publishers, plan, user);
  return steps;
};
