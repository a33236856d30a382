/**
 * The mesh: identity, enrolment, network map, tunnel, paths. Owner of the facts `network-map`, `peers`, `tunnel`,
 * `life` and `ticket-key`. Invariants: the private key leaves the identity file only for `wg`; without the broker
 * what works goes on working; stopping the plugin leaves the interface alone, only `down` removes it. Must not import
 * an adapter or another plugin.
 *
 *   joining/   who we are: identity, enrolment, approval
 *   broker/    what we and the broker say to each other
 *   map/       who is in the mesh: updates vetted, kept, applied
 *   tunnel/    the WireGuard interface and the table in front of it
 *   underlay/  the ways to beacons and relays, and how their loss shows
 *   paths/     the way to each peer: carries out what the pure `../../paths` decides
 */
import { DownRequest, UpRequest } from '@sidegate/protocol';
import type { PluginDefinition } from '../../plugin-api/index.ts';
import { MeshConfig } from './mesh-config.ts';
import { createMeshService } from './mesh-service.ts';

/** The definition. */
export const plugin: PluginDefinition<MeshConfig> = {
  name: 'mesh',
  apiVersion: 1,
  summary: 'Joins an account and keeps encrypted paths to its nodes',
  requires: ['wireguard'],
  config: MeshConfig,
  setup(host, config) {
    const service = createMeshService(host, config);
    const { api } = host.hooks;
    api.add({
      method: 'POST',
      path: '/up',
      summary: 'Join an account, or come up again after `down`',
      reach: 'local',
      handler: async ({ readBody, signal }) => service.up(await readBody(UpRequest), signal),
    });
    api.add({
      method: 'POST',
      path: '/down',
      summary: 'Take the tunnel away; with `forget` leave the account',
      reach: 'local',
      handler: async ({ readBody }) => service.down(await readBody(DownRequest)),
    });
    api.add({
      method: 'GET',
      path: '/peers',
      summary: 'Peers and the state of the paths to them',
      handler: async () => {
        await service.refresh().catch(() => {});
        return host.facts.get('peers') ?? [];
      },
    });
    return { start: () => service.start(), stop: () => service.stop() };
  },
};
