/** Names and addresses for a network, by real dnsmasq. */
import { mkdir } from 'node:fs/promises';
import type { LabProcess } from './lab-process.ts';
import type { Machine } from './machine.ts';

/** Where dnsmasq keeps its leases, on the router. */
export const LEASES_PATH = '/var/lib/misc/dnsmasq.leases';

/** The directory whose files, in the form of /etc/hosts, dnsmasq serves as they appear. */
export const NAMES_PATH = '/run/names';

/** Starts dnsmasq with these configuration lines and waits until it answers. */
export const startDnsmasq = async (machine: Machine, lines: readonly string[]): Promise<LabProcess> => {
  await Promise.all([
    mkdir(machine.path(NAMES_PATH), { recursive: true }),
    mkdir(machine.path('/var/lib/misc'), { recursive: true }),
  ]);
  const config = [
    'user=root',
    'no-resolv',
    'no-hosts',
    `hostsdir=${NAMES_PATH}`,
    'bind-interfaces',
    ...lines,
  ];
  await machine.writeFile('/etc/dnsmasq-lab.conf', `${config.join('\n')}\n`);
  const server = machine.spawn('dnsmasq', [
    '--keep-in-foreground',
    '--log-facility=-',
    '--conf-file=/etc/dnsmasq-lab.conf',
  ]);
  await machine.waitFor({ udp: 53 });
  return server;
};
