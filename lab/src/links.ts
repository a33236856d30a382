/** Cables and bridges between machines. Links are made straight inside the machines' namespaces: no name can clash. */

import { LabError } from './errors.ts';
import { runToEnd } from './lab-process.ts';
import type { Machine } from './machine.ts';

/** One end of a cable. */
export interface LinkEnd {
  readonly machine: Machine;
  /** At most 15 characters (IFNAMSIZ of linux/if.h, less the final zero). */
  readonly ifName: string;
  readonly mac?: string;
}

/** Lays a cable; both ends are down and without addresses. */
export const createLink = async (near: LinkEnd, far: LinkEnd): Promise<void> => {
  const side = ({ machine, ifName, mac }: LinkEnd) => {
    if (!/^[a-z0-9][a-z0-9._-]{0,14}$/.test(ifName)) {
      throw new LabError('LAB_BAD_TOPOLOGY', `name an interface of ${machine.id} ${JSON.stringify(ifName)}`);
    }
    return `name ${ifName} ${mac === undefined ? '' : `address ${mac} `}netns ${machine.holderPid}`;
  };
  const input = `link add ${side(near)} type veth peer ${side(far)}\n`;
  await runToEnd([], 'the lab', 'ip', ['-batch', '-'], { input });
};

/** `ip` lines for a bridge that forwards at once, without spanning tree. */
export const bridgeLines = (ifName: string, mac: string, addresses: readonly string[]): string[] => [
  `link add name ${ifName} address ${mac} type bridge forward_delay 0 stp_state 0 mcast_snooping 0`,
  ...addresses.map((address) => `addr add ${address} dev ${ifName}${address.includes(':') ? ' nodad' : ''}`),
  `link set ${ifName} up`,
];
