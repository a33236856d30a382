/** Homes full of devices, cheaply: one machine that answers for many addresses. */
import { join } from 'node:path';
import { numberToIp4 } from '@sidegate/kit';
import type { Home, Machine } from '@sidegate/lab';

const SCRIPT = join(import.meta.dirname, '../../lab/src/devices/crowd.ts');
const first = (base: string): number => base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** `count` addresses of a network, spread evenly from `from` on. */
export const spreadAddresses = (base: string, from: number, step: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => numberToIp4(first(base) + from + at * step));

/** One network card for each address, as if each were a device of its own; the first one is the machine's own. */
export const addDevices = async (
  home: Home,
  name: string,
  addresses: readonly string[],
  web: readonly string[],
): Promise<Machine> => {
  const machine = await home.addMachine(name, { address: addresses[0]! });
  // Each card answers for its own address only.
  for (const [knob, value] of Object.entries({ arp_ignore: 1, arp_announce: 2, rp_filter: 0 })) {
    await machine.run('sysctl', ['-q', '-w', `net.ipv4.conf.all.${knob}=${value}`]);
  }
  for (const [at, address] of addresses.slice(1).entries()) {
    await home.lan.plug(machine, { addresses: [address], ifName: `eth${at + 1}` });
  }
  await serve(machine, web);
  return machine;
};

/** Many addresses on one card; `shy` ones drop everything but TCP to the port they serve. */
export const addBehindRouter = async (
  home: Home,
  name: string,
  addresses: readonly string[],
  web: readonly string[],
  shy: readonly string[],
): Promise<Machine> => {
  const machine = await home.addMachine(name, {
    address: addresses[0]!,
    moreAddresses: addresses.slice(1),
    segment: 'dmz',
  });
  const set = `{ ${shy.join(', ')} }`;
  const ports = [...new Set(web.map((where) => where.split(':')[1]))].join(', ');
  const chain = 'type filter hook input priority filter; policy accept;';
  const rules = [`ip daddr ${set} tcp dport { ${ports} } accept`, `ip daddr ${set} drop`];
  await machine.run('nft', ['-f', '-'], {
    input: `table inet shy {\n  chain input {\n    ${chain}\n    ${rules.join('\n    ')}\n  }\n}\n`,
  });
  await serve(machine, web);
  return machine;
};

const serve = (machine: Machine, web: readonly string[]): Promise<unknown> =>
  machine.spawn(process.execPath, [SCRIPT, ...web]).waitForOutput(/ready/);
