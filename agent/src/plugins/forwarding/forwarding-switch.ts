import { createSingleFlight, type SingleFlight } from '@sidegate/kit';
import type { PluginHost } from '../../plugin-api/index.ts';

/**
 * IP forwarding is on while there is something to forward. While the tunnel is away nothing is touched: it may be a
 * restart, and being down puts the kernel's settings back anyway (the core does).
 */
export const createForwardingSwitch = (host: PluginHost, hasSomething: () => boolean): SingleFlight => {
  let isOn: boolean | undefined;
  return createSingleFlight(async () => {
    const isWanted = hasSomething();
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
