/**
 * Port mapping: while there is a tunnel, the default gateway is asked to map a public UDP port to WireGuard's, and what
 * it grants becomes an endpoint candidate. Owner of the fact `port-mapping`. Invariants: nothing but the default gateway
 * is ever asked or believed; nothing but WireGuard's port is mapped; every mapping is leased, and taken back at `down`
 * and at an orderly stop. Must not import an adapter or another plugin.
 */
import { createScope } from '@sidegate/kit';
import type { Endpoint } from '@sidegate/protocol';
import type { PluginDefinition } from '../../plugin-api/index.ts';
import { hearGateway } from './gateway-announcements.ts';
import { loadNonce } from './load-nonce.ts';
import { createMapper } from './mapper.ts';
import { PortMappingConfig } from './port-mapping-config.ts';

/** A change of address comes as a handful of events. */
const DEBOUNCE_MS = 500;

/** The definition. */
export const plugin: PluginDefinition<PortMappingConfig> = {
  name: 'port-mapping',
  apiVersion: 1,
  summary: 'Asks the router for a public port by PCP, NAT-PMP or UPnP',
  after: ['mesh'],
  config: PortMappingConfig,
  setup(host, config) {
    const { clock, log, ports, facts, hooks } = host;
    const scope = createScope();
    const fact = facts.claim('port-mapping');
    let offered: string | undefined;
    /** Watchers check in with the broker: only news is worth that. */
    const offer = (external: Endpoint | undefined) => {
      if (external === offered) return;
      offered = external;
      hooks.candidates.replace(external === undefined ? [] : [{ kind: 'mapped', endpoint: external }]);
    };
    const mapper = createMapper({
      host,
      config,
      loadNonce: () => loadNonce(ports.files),
      onStatus(status, mapping) {
        if (status === undefined) fact.withdraw();
        else fact.publish(status);
        offer(mapping?.external);
      },
    });
    let pending: Disposable | undefined;
    const soon = () => {
      pending?.[Symbol.dispose]();
      pending = clock.after(DEBOUNCE_MS, mapper.request);
    };
    return {
      async start() {
        let reflexive: string | undefined;
        scope.add(facts.watch('tunnel', mapper.request));
        scope.add(
          facts.watch('network-map', (map) => {
            const next = map?.self.reflexive4 ?? reflexive;
            // Another public address: the gateway was renumbered, and perhaps restarted.
            if (reflexive !== undefined && next !== reflexive) soon();
            reflexive = next;
          }),
        );
        scope.add(ports.links.watch((what) => what !== 'neighbour' && soon()));
        const { gateway, held } = mapper;
        const hearing = await hearGateway({
          sockets: ports.sockets,
          clock,
          log,
          gateway,
          held,
          onRestart: mapper.request,
        });
        if (hearing !== undefined) scope.add(hearing);
      },
      async stop() {
        pending?.[Symbol.dispose]();
        await scope.end();
        await mapper.stop();
      },
    };
  },
};
