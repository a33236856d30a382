/**
 * The tunnel as a dynamic interface of netifd, so that `ifstatus`, LuCI and other services know it. The link, its
 * addresses and its routes stay ours (`proto none`): peers come and go without a write to flash. A netifd that is not
 * there, or does not want it, never keeps the tunnel from working.
 */
import { type Clock, describeError, type Logger } from '@sidegate/kit';
import type { Ubus, UbusTable } from 'node-ubus';
import type { IfName, Tunnel, TunnelConfig } from '../ports/index.ts';
import type { Fw4Openings } from './fw4-openings.ts';

/** Its name at netifd; the device is another matter. */
export const NETIFD_NAME = 'sidegate';
/** netifd takes a while to let go of a device. */
const SETTLE_MS = 1_000;

/** What the adapter works with. */
export interface NetifdTunnelDeps {
  readonly tunnel: Tunnel;
  readonly openings: Fw4Openings;
  readonly ubus: Ubus;
  readonly clock: Clock;
  readonly log: Logger;
}

const isOn = (entry: unknown, device: string): boolean => {
  const { device: own, l3_device: upper } = (entry ?? {}) as UbusTable;
  return own === device || upper === device;
};

/** Also where the operator has an interface of their own on the device, which is then left as it is. */
const isRegistered = async (ubus: Ubus, device: IfName): Promise<boolean> => {
  const { interface: list } = await ubus.invoke('network.interface', 'dump');
  return Array.isArray(list) && list.some((entry) => isOn(entry, device));
};

/** A tunnel around one that makes the link. */
export const createNetifdTunnel = ({ tunnel, openings, ubus, clock, log }: NetifdTunnelDeps): Tunnel => {
  let wanted: { readonly config: TunnelConfig; networks: readonly string[] } | undefined;
  let pending: Disposable | undefined;
  let isWatching = false;
  const debug = (what: string) => (error: unknown) => log.debug(what, { why: describeError(error) });
  const register = async ({ interfaceName }: TunnelConfig) => {
    if (await isRegistered(ubus, interfaceName)) return;
    await ubus.invoke('network', 'add_dynamic', { name: NETIFD_NAME, proto: 'none', device: interfaceName });
  };
  /** netifd began anew, or let go of the interface, and took the link down as it did. */
  const restore = async () => {
    if (wanted === undefined) return;
    const { config, networks } = wanted;
    const signal = AbortSignal.timeout(30_000);
    await register(config).catch(debug('register with netifd'));
    await tunnel.ensure(config, signal);
    await tunnel.ensureRoutes(config.interfaceName, networks, signal);
  };
  const restoreSoon = () => {
    pending?.[Symbol.dispose]();
    pending = clock.after(SETTLE_MS, () => void restore().catch(debug('register with netifd again')));
  };
  const watch = async () => {
    if (isWatching) return;
    isWatching = true;
    await ubus.listen('ubus.object.add', (_, { path }) => path === 'network' && restoreSoon());
    const waiting = { waitForObject: true };
    const onNotify = ({ type, data }: { readonly type: string; readonly data: UbusTable }) => {
      if (type === 'interface.down' && data.interface === NETIFD_NAME) restoreSoon();
      return undefined;
    };
    await ubus.subscribe('network.interface', onNotify, waiting);
  };
  return {
    ...tunnel,
    async ensure(config, signal) {
      const made = await tunnel.ensure(config, signal);
      wanted = { config, networks: wanted?.networks ?? [] };
      void watch().catch(debug('watch netifd'));
      await register(config).catch(debug('register with netifd'));
      await openings.setTunnel(config);
      return made;
    },
    async ensureRoutes(name, networks, signal) {
      if (wanted !== undefined) wanted.networks = networks;
      await tunnel.ensureRoutes(name, networks, signal);
    },
    async remove(name) {
      wanted = undefined;
      pending?.[Symbol.dispose]();
      await openings.setTunnel(undefined);
      await ubus.invoke(`network.interface.${NETIFD_NAME}`, 'remove').catch(debug('take leave of netifd'));
      await tunnel.remove(name);
    },
  };
};
