/**
 * Openings in OpenWrt's own firewall, as data of our procd service: fw4 reads it whenever it loads its rules, and procd
 * has it do so when the data changes. Nothing is written to flash, and nothing of the operator's is touched. What may
 * pass from the tunnel is decided by our own table, whose drop is final; so nothing is open while that is not there.
 */
import type { Logger } from '@sidegate/kit';
import type { Ubus } from 'node-ubus';
import type { Firewall, TunnelConfig } from '../ports/index.ts';

const SERVICE = 'sidegate';

type Opened = Pick<TunnelConfig, 'interfaceName' | 'listenPort'>;

/** The rules in the words of /etc/config/firewall. Without a zone of their own: `src *` with a device is any zone. */
export const renderFw4Rules = ({ interfaceName, listenPort }: Opened) => {
  const accept = { type: 'rule', target: 'ACCEPT', src: '*' };
  const fromTunnel = { ...accept, device: interfaceName, proto: 'all' };
  return [
    { ...accept, name: 'Sidegate: WireGuard', proto: 'udp', dest_port: String(listenPort) },
    { ...fromTunnel, name: 'Sidegate: from the tunnel to this router' },
    { ...fromTunnel, name: 'Sidegate: from the tunnel to published hosts', dest: '*' },
  ];
};

/** Rejects with what ubus said. */
export interface Fw4Openings {
  /** The tunnel as it is, or that there is none. */
  setTunnel(tunnel: Opened | undefined): Promise<void>;
  /** Whether our table is in force. */
  setTable(isInForce: boolean): Promise<void>;
}

/** Closed until both a tunnel and a table are there. */
export const createFw4Openings = (ubus: Ubus, log: Logger): Fw4Openings => {
  let tunnel: Opened | undefined;
  let isInForce = false;
  const push = async () => {
    const firewall = tunnel !== undefined && isInForce ? renderFw4Rules(tunnel) : [];
    try {
      // procd would make a service of this name where there is none: after `stop`, or started by hand.
      const known = await ubus.invoke('service', 'list', { name: SERVICE });
      if (Object.hasOwn(known, SERVICE))
        await ubus.invoke('service', 'add', { name: SERVICE, data: { firewall } });
    } catch (error) {
      log.warn('tell the firewall of OpenWrt what to let in', { error });
    }
  };
  return {
    async setTunnel(next) {
      tunnel = next;
      await push();
    },
    async setTable(next) {
      isInForce = next;
      await push();
    },
  };
};

/** Our table, and with it the openings; equal data is no change to procd, so they may be told again and again. */
export const withFw4Openings = (firewall: Firewall, openings: Fw4Openings): Firewall => ({
  ...firewall,
  async apply(ruleset, signal) {
    await firewall.apply(ruleset, signal);
    await openings.setTable(true);
  },
  async remove() {
    await openings.setTable(false);
    await firewall.remove();
  },
});
