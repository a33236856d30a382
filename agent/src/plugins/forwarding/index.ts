/**
 * Publishes hosts of the LAN: by ports of the edge, and by mesh addresses of their own. Owns the facts `forwards`,
 * `addresses` and `host-wishes` and their routes; asks the firewall, never touches it. Publications live on disk and
 * in the kernel: stopping this plugin, or the agent, breaks no connection. Must not import the core or an adapter.
 */
import { describeError } from '@sidegate/kit';
import type * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { PluginDefinition, PluginHost } from '../../plugin-api/index.ts';
import { createAccessKeeper } from './access-log.ts';
import { addAddressRoutes } from './address-routes.ts';
import { addForwardRoutes } from './forward-routes.ts';
import { watchObstacles } from './obstacle-watch.ts';
import { keepOwnNames } from './own-names.ts';
import { addPublicationFileRoutes } from './publication-file-routes.ts';
import { createPublishers, type Publishers } from './publishers.ts';
import { createSafeChange, type SafeChange } from './safe-change.ts';
import { ForwardingConfig } from './template-config.ts';
import { createTemplateDesk } from './template-desk.ts';
import { addTemplateRoutes } from './template-routes.ts';

const FOLLOW_DEBOUNCE_MS = 100;

const loadBoth = async (
  { health }: PluginHost,
  { forwards, addresses }: Publishers,
  safe: SafeChange,
): Promise<void> => {
  const restored = await safe.load();
  const { added } = restored;
  for (const load of [
    () => forwards.load(restored.forwards, added),
    () => addresses.load(restored.addresses, added),
  ]) {
    try {
      await load();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      health.raise({ code: error.code, severity: 'error', title: error.message, hint: error.hint });
    }
  }
  await safe.forget();
};

/** See the top of this file. */
export const plugin: PluginDefinition<v.InferOutput<typeof ForwardingConfig>> = {
  name: 'forwarding',
  apiVersion: 1,
  summary: 'Publishes hosts of the LAN by ports of the edge and by addresses of their own',
  after: ['mesh', 'discovery'],
  requires: ['nftables'],
  config: ForwardingConfig,
  setup(host, { templates }) {
    const { facts, clock, log, signal } = host;
    const publishers = createPublishers(host);
    const { forwards, addresses, usage, keepForwarding } = publishers;
    const safe = createSafeChange(host, publishers);
    const desk = createTemplateDesk(host, publishers, templates);
    const complain = (what: string) => (error: unknown) => {
      if (!signal.aborted) log.warn(what, { why: describeError(error) });
    };
    const hasSomething = () => forwards.hasEnabled() || addresses.hasEnabled();
    const access = createAccessKeeper(host, hasSomething);
    const keepSoon = () => void keepForwarding().catch(complain('turn IP forwarding on or off'));
    let pending: Disposable | undefined;
    let obstacles: Disposable | undefined;
    let names: Disposable | undefined;
    const followSoon = () => {
      pending ??= clock.after(FOLLOW_DEBOUNCE_MS, () => {
        pending = undefined;
        for (const publisher of [forwards, addresses])
          void publisher.follow().catch(complain('follow the hosts of publications'));
      });
    };
    return {
      async start() {
        await usage.load();
        await access.load();
        await loadBoth(host, publishers, safe);
        for (const publisher of [forwards, addresses]) publisher.show();
        addForwardRoutes(host, publishers, usage.look, safe);
        addAddressRoutes(host, publishers, usage.look, safe);
        addPublicationFileRoutes(host, publishers, safe);
        await desk.start();
        addTemplateRoutes(host, desk);
        safe.addRoutes();
        access.start();
        names = keepOwnNames(host);
        for (const fact of ['hosts', 'scopes', 'network-map'] as const) facts.watch(fact, followSoon);
        facts.watch('tunnel', keepSoon);
        keepSoon();
        obstacles = watchObstacles(host, hasSomething);
      },
      async stop() {
        pending?.[Symbol.dispose]();
        obstacles?.[Symbol.dispose]();
        names?.[Symbol.dispose]();
        desk[Symbol.dispose]();
        safe.stop();
        for (const publisher of [forwards, addresses]) publisher.stop();
        await access.stop();
        await usage.stop();
      },
    };
  },
};
