/**
 * Wakes hosts of attached networks by magic packets: when a person asks, and when somebody connects to a publication
 * that says so. Owns `/hosts/:id/wake`. Sends nothing but magic packets to the broadcast address of the host's own
 * network, and ARP. Must not import an adapter or another plugin.
 */
import type { Host } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import { planSleeper, type Sleeper } from '../../forwarding/plans/check-wake.ts';
import type { PluginDefinition } from '../../plugin-api/index.ts';
import { watchForSleepers } from './wake-on-connection.ts';
import { createWaker } from './waker.ts';

/** See the top of this file. */
export const plugin: PluginDefinition<Record<string, never>> = {
  name: 'wake-on-lan',
  apiVersion: 1,
  summary: 'Wakes hosts of attached networks by magic packets',
  after: ['discovery', 'forwarding'],
  config: v.strictObject({}),
  setup(host) {
    const { facts, hooks } = host;
    const waker = createWaker(host);
    let watch: Disposable | undefined;
    const sleeperOf = (id: string | undefined): Sleeper => {
      const found = facts.get('hosts')?.find((one: Host) => one.id === id);
      if (found === undefined) throw new AgentError('HOST_NOT_FOUND', 'There is no such host');
      return planSleeper(found, facts.get('scopes') ?? []);
    };
    return {
      async start() {
        hooks.api.add({
          method: 'POST',
          path: '/hosts/:id/wake',
          summary: 'Sends a magic packet to a host that sleeps',
          handler: async ({ params }) => waker.wake(sleeperOf(params.id)),
        });
        hooks.api.add({
          method: 'GET',
          path: '/hosts/:id/wake',
          summary: 'Asks a host by ARP whether it is awake',
          handler: async ({ params }) => ({ isAwake: await waker.isAwake(sleeperOf(params.id)) }),
        });
        watch = watchForSleepers(host, waker);
      },
      async stop() {
        watch?.[Symbol.dispose]();
      },
    };
  },
};
