/** `/addresses` of the local API: hosts with mesh addresses of their own. */
import { newId } from '@sidegate/kit';
import { AddressId, AddressPatch, type AddressPlan, NewAddress } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { AddressRecord } from '../../forwarding/address-record.ts';
import { patchAddress, planAddress } from '../../forwarding/plans/plan-address.ts';
import { renderAddressText } from '../../forwarding/render-forward-text.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { isDryRun } from './forward-routes.ts';
import type { Publishers } from './publishers.ts';
import { readForwardingState } from './read-forwarding-state.ts';
import type { SafeChange } from './safe-change.ts';

/** The broker answers within moments where it can be reached; else the address comes later, by itself. */
const PATIENCE_MS = 5_000;

const parseId = (text: string | undefined): AddressId => {
  const id = v.safeParse(AddressId, text);
  if (!id.success) throw new AgentError('ADDRESS_NOT_FOUND', 'There is no such address');
  return id.output;
};

/** Resolves when the map has addresses for every wish, or patience ends. */
const untilAllotted = async ({ facts, clock }: PluginHost): Promise<void> => {
  const isDone = () => {
    const given = new Set(facts.get('network-map')?.self.hosts?.map(({ key, name }) => `${key} ${name}`));
    return facts.get('host-wishes')?.every(({ key, name }) => given.has(`${key} ${name}`)) ?? true;
  };
  if (isDone()) return;
  await new Promise<void>((resolve) => {
    const timer = clock.after(PATIENCE_MS, () => done());
    const watch = facts.watch('network-map', () => {
      if (isDone()) done();
    });
    const done = () => {
      timer[Symbol.dispose]();
      watch[Symbol.dispose]();
      resolve();
    };
  });
};

/** Adds the routes. `look` reads the counters. */
export const addAddressRoutes = (
  host: PluginHost,
  { addresses }: Publishers,
  look: () => Promise<void>,
  safe: SafeChange,
): void => {
  const { api } = host.hooks;
  const { clock } = host;
  const planFor = (request: NewAddress, owner: string) => async (present: readonly AddressRecord[]) =>
    planAddress(request, present, await readForwardingState(host, []), {
      id: newId<AddressId>('v'),
      owner,
      at: clock.wallMs(),
    });
  const preview = async (plan: ReturnType<typeof planFor>): Promise<AddressPlan> => {
    const { shown, rules } = await addresses.preview(plan);
    return { address: shown, ruleset: renderAddressText(rules, clock.wallMs()) };
  };
  /** As it is once the broker has answered and the kernel has it. */
  const settle = async (id: AddressId) => {
    await untilAllotted(host);
    await addresses.follow();
    return addresses.list().find((address) => address.id === id);
  };
  api.add({
    method: 'GET',
    path: '/addresses',
    summary: 'Hosts with mesh addresses of their own, with how much they are used',
    handler: async () => {
      await look();
      return addresses.list();
    },
  });
  api.add({
    method: 'POST',
    path: '/addresses',
    summary: 'Gives a host a mesh address and a name of its own; `?dryRun=1` shows what would be done',
    handler: async (request) => {
      const body = await request.readBody(NewAddress);
      const owner = request.actor.name;
      if (isDryRun(request)) return preview(planFor(body, owner));
      return settle((await addresses.create(planFor(body, owner))).id);
    },
  });
  api.add({
    method: 'PATCH',
    path: '/addresses/:id',
    summary:
      'Changes name, ports, sources, end, label or note of an address, or turns it on or off; `?dryRun=1` shows it',
    handler: async (request) => {
      const id = parseId(request.params.id);
      const { name, ports, ...patch } = await request.readBody(AddressPatch);
      const change = {
        ...patch,
        ...(name === undefined ? {} : { name }),
        ...(ports === undefined ? {} : { ports }),
      };
      const apply: Parameters<typeof addresses.planPatch>[2] = (record, present, peers) =>
        patchAddress(record, change, present, peers);
      if (isDryRun(request)) return preview(async () => addresses.planPatch(id, patch, apply));
      await safe.guard('address', id, request, () => addresses.patch(id, patch, apply));
      return settle(id);
    },
  });
  api.add({
    method: 'DELETE',
    path: '/addresses/:id',
    summary: 'Takes the address away and cuts its connections; `?dryRun=1` shows it',
    handler: async (request) => {
      const id = parseId(request.params.id);
      if (isDryRun(request)) return preview(async () => addresses.planPatch(id, {}));
      return safe.guard('address', id, request, () => addresses.remove(id, request.actor.name));
    },
  });
};
