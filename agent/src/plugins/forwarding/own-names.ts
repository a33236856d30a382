/**
 * Names of hosts with addresses of their own, as this machine and the LAN that asks it should know them: they lead to
 * the host itself, which is beside them. Peers learn the mesh address, with the network map.
 */
import type { PluginHost } from '../../plugin-api/index.ts';

/** Keeps them until disposed. Without a network map there are none: nobody else knows those names then. */
export const keepOwnNames = ({ facts, hooks }: PluginHost): Disposable => {
  const keep = () => {
    const addresses = facts.get('network-map') === undefined ? [] : (facts.get('addresses') ?? []);
    const names = addresses.flatMap(({ enabled, fqdn, targetAddress }) =>
      enabled && targetAddress !== undefined ? [{ name: fqdn, address: targetAddress }] : [],
    );
    if (names.length === 0) hooks.names.clear();
    else hooks.names.replace(names);
  };
  const watches = (['network-map', 'addresses'] as const).map((fact) => facts.watch(fact, keep));
  return {
    [Symbol.dispose]() {
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
};
