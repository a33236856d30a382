/**
 * A private relay: this node, if it has a public address, relays for the nodes of its account that find no direct
 * path. Owner of the fact `relay`, which the mesh offers to the broker; whom it may relay for comes back as the fact
 * `relay-directory`. Invariants: it has a key of its own; it relays for the nodes in the broker's directory and for
 * nobody else; without approval it is silent. Must not import an adapter or another plugin.
 */
import { createScope } from '@sidegate/kit';
import { type RelayDirectory, type RelayStatus, RelayWish } from '@sidegate/protocol';
import type { PluginDefinition } from '../../plugin-api/index.ts';
import { publicEndpoints } from './public-endpoints.ts';
import { RelayConfig } from './relay-config.ts';
import { type RelayRunner, startRelay } from './relay-runner.ts';
import { createRelayStore } from './relay-store.ts';

const NO_ADDRESS = {
  code: 'relay-no-address',
  title: 'The relay has no public address',
  severity: 'warning',
  hint: 'Say where others reach it: `sidegate relay on --endpoint ADDRESS:PORT`.',
} as const;

/** The definition. */
export const plugin: PluginDefinition<RelayConfig> = {
  name: 'relay',
  apiVersion: 1,
  summary: 'Relays for other nodes of the account, if it is let',
  after: ['mesh'],
  config: RelayConfig,
  setup(host, config) {
    const { clock, log, ports, facts, health, hooks } = host;
    const scope = createScope();
    const store = createRelayStore(ports.files);
    const fact = facts.claim('relay');
    let wish: RelayWish = { isOn: config.enabled };
    let runner: RelayRunner | undefined;
    let directory: RelayDirectory | undefined;
    let endpoints: RelayStatus['endpoints'] = [];

    const portOf = () => wish.port ?? config.port;
    const offer = async (): Promise<void> => {
      const chosen = wish.endpoints ?? config.endpoints;
      const links = chosen.length > 0 ? [] : await ports.links.readLinks(host.signal);
      endpoints =
        chosen.length > 0
          ? [...chosen]
          : [...publicEndpoints(links, facts.get('tunnel')?.interfaceName, portOf())];
      const isNowhere = runner !== undefined && endpoints.length === 0;
      if (isNowhere) health.raise(NO_ADDRESS);
      else health.clear(NO_ADDRESS.code);
      if (runner === undefined || isNowhere) fact.withdraw();
      else fact.publish({ publicKey: runner.publicKey, endpoints });
    };
    const halt = async (): Promise<void> => {
      const former = runner;
      runner = undefined;
      await former?.[Symbol.asyncDispose]();
    };
    const follow = async (): Promise<void> => {
      await halt();
      if (wish.isOn) {
        runner = await startRelay({ key: await store.ensureKey(), port: portOf(), clock });
        directory = await store.readDirectory();
        runner.setDirectory(directory);
        log.info(`this machine offers to relay for its account on UDP port ${runner.port}`);
      }
      await offer();
    };
    const onDirectory = (next: RelayDirectory | 'refused' | undefined): void => {
      // Without word from the broker the last one holds.
      if (next === undefined) return;
      directory = next === 'refused' ? undefined : next;
      runner?.setDirectory(directory ?? { revision: 'none', nodes: [], meets: [] });
      const kept = directory === undefined ? store.forgetDirectory() : store.writeDirectory(directory);
      kept.catch((error: unknown) => log.warn("could not keep the relay's directory", { error }));
    };
    const status = (): RelayStatus => {
      const stats = runner?.stats();
      const isApproved = directory !== undefined && directory.nodes.length > 0;
      const running = endpoints.length === 0 ? 'no-address' : isApproved ? 'relaying' : 'waiting';
      return {
        isOn: wish.isOn,
        state: runner === undefined ? 'off' : running,
        port: portOf(),
        ...(runner === undefined ? {} : { publicKey: runner.publicKey }),
        endpoints: runner === undefined ? [] : endpoints,
        nodes: directory?.nodes.length ?? 0,
        nodesHere: stats?.nodes ?? 0,
        relayedPackets: stats?.relayedPackets ?? 0,
        relayedBytes: stats?.relayedBytes ?? 0,
      };
    };

    hooks.api.add({
      method: 'GET',
      path: '/relay',
      summary: 'Whether this machine relays for its account',
      handler: async () => status(),
    });
    hooks.api.add({
      method: 'POST',
      path: '/relay',
      summary: 'Offer to relay for the account, or stop it',
      reach: 'local',
      async handler({ readBody }) {
        const before = wish;
        wish = await readBody(RelayWish);
        try {
          await follow();
        } catch (error) {
          wish = before;
          await follow().catch(() => {});
          throw error;
        }
        await store.writeWish(wish);
        return status();
      },
    });

    return {
      async start() {
        wish = (await store.readWish()) ?? wish;
        await follow();
        scope.add(facts.watch('relay-directory', onDirectory));
        scope.add(facts.watch('tunnel', () => void offer().catch(() => {})));
        scope.add(ports.links.watch((what) => what === 'address' && void offer().catch(() => {})));
      },
      async stop() {
        await scope.end();
        await halt();
      },
    };
  },
};
