/**
 * Publishes hosts of the LAN by ports of the edge. Owns the fact `forwards` and its routes; asks the firewall, never
 * touches it. Forwards live on disk and in the kernel: stopping this plugin, or the agent, breaks no connection. Must
 * not import the core or an adapter.
 */
import { createSingleFlight, describeError } from '@sidegate/kit';
import { type Forward, ForwardId, ForwardPatch, NewForward } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { PluginDefinition, PluginHost } from '../../plugin-api/index.ts';
import { createForwardStore } from './forward-store.ts';
import { Forwarder } from './forwarder.ts';
import { createUsageWatch } from './usage-watch.ts';

const FOLLOW_DEBOUNCE_MS = 100;

const parseId = (text: string | undefined): ForwardId => {
  const id = v.safeParse(ForwardId, text);
  if (!id.success) throw new AgentError('FORWARD_NOT_FOUND', 'There is no such forward');
  return id.output;
};

const addRoutes = ({ hooks: { api } }: PluginHost, forwarder: Forwarder, look: () => Promise<void>): void => {
  api.add({
    method: 'GET',
    path: '/forwards',
    summary: 'All forwards, with how much they are used',
    handler: async () => {
      await look();
      return forwarder.list();
    },
  });
  api.add({
    method: 'POST',
    path: '/forwards',
    summary: 'Adds a forward; `?dryRun=1` shows what would be done',
    handler: async ({ readBody, query, actor }) => {
      const request = await readBody(NewForward);
      const isDryRun = query.dryRun === '1' || query.dryRun === 'true';
      return isDryRun
        ? await forwarder.dryRun(request, actor.name)
        : await forwarder.create(request, actor.name);
    },
  });
  api.add({
    method: 'PATCH',
    path: '/forwards/:id',
    summary: 'Turns a forward on or off, labels it, or lets it end at another time',
    handler: async ({ params, readBody }) =>
      forwarder.patch(parseId(params.id), await readBody(ForwardPatch)),
  });
  api.add({
    method: 'DELETE',
    path: '/forwards/:id',
    summary: 'Removes a forward and cuts its connections',
    handler: async ({ params, actor }) => forwarder.remove(parseId(params.id), actor.name),
  });
};

/**
 * IP forwarding is on while there is something to forward. While the tunnel is away nothing is touched: it may be a
 * restart, and being down puts the kernel's settings back anyway (the core does).
 */
const createForwardingSwitch = (host: PluginHost, hasForwards: () => boolean) => {
  let isOn: boolean | undefined;
  return createSingleFlight(async () => {
    const isWanted = hasForwards();
    const hasTunnel = host.facts.get('tunnel') !== undefined;
    if (host.signal.aborted) return;
    if (isWanted && !hasTunnel) isOn = undefined;
    else if (isWanted !== isOn) {
      if (isWanted) await host.ports.sysctl.ensureForwarding(host.signal);
      else await host.ports.sysctl.restore();
      isOn = isWanted;
    }
  });
};

const loadForwards = async (host: PluginHost, forwarder: Forwarder): Promise<void> => {
  try {
    await forwarder.load();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    host.health.raise({ code: error.code, severity: 'error', title: error.message, hint: error.hint });
  }
};

/** The forwarder and what it leans on. */
const createForwarder = (host: PluginHost) => {
  const { facts, clock, log, signal } = host;
  const { firewall, files } = host.ports;
  const claim = facts.claim('forwards');
  const usage = createUsageWatch({
    firewall,
    files,
    clock,
    log,
    signal,
    ids: () => forwarder.ids(),
    onChange: () => forwarder.show(),
  });
  const forwarding = createForwardingSwitch(host, () => forwarder.hasEnabled());
  const publish = (forwards: readonly Forward[]) => claim.publish(forwards);
  const keepForwarding = () => forwarding.request();
  const store = createForwardStore(files);
  const forwarder: Forwarder = new Forwarder({ host, store, usage, publish, keepForwarding });
  return { forwarder, usage, publish, keepForwarding };
};

/** See the top of this file. */
export const plugin: PluginDefinition<Record<string, never>> = {
  name: 'forwarding',
  apiVersion: 1,
  summary: 'Publishes hosts of the LAN by ports of the edge',
  after: ['mesh', 'discovery'],
  requires: ['nftables'],
  config: v.strictObject({}),
  setup(host) {
    const { facts, clock, log, signal } = host;
    const { forwarder, usage, publish, keepForwarding } = createForwarder(host);
    const complain = (what: string) => (error: unknown) => {
      if (!signal.aborted) log.warn(what, { why: describeError(error) });
    };
    const keepSoon = () => void keepForwarding().catch(complain('turn IP forwarding on or off'));
    let pending: Disposable | undefined;
    const followSoon = () => {
      pending ??= clock.after(FOLLOW_DEBOUNCE_MS, () => {
        pending = undefined;
        void forwarder.follow().catch(complain('follow the hosts of forwards'));
      });
    };
    return {
      async start() {
        await usage.load();
        await loadForwards(host, forwarder);
        publish(forwarder.list());
        addRoutes(host, forwarder, () => usage.look());
        for (const fact of ['hosts', 'scopes', 'network-map'] as const) facts.watch(fact, followSoon);
        facts.watch('tunnel', keepSoon);
        keepSoon();
      },
      async stop() {
        pending?.[Symbol.dispose]();
        forwarder.stop();
        await usage.stop();
      },
    };
  },
};
