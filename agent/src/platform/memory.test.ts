import type { Cidr4, Ip, Ip4, Mac } from '@sidegate/protocol';
import type { IfName, Link } from '../ports/index.ts';
import { describeFiles } from './contract/describe-files.ts';
import { describeFirewall } from './contract/describe-firewall.ts';
import { describeLinks } from './contract/describe-links.ts';
import { describeLogins } from './contract/describe-logins.ts';
import { describeResolver } from './contract/describe-resolver.ts';
import { describeSockets } from './contract/describe-sockets.ts';
import { describeSysctl } from './contract/describe-sysctl.ts';
import { describeTunnel } from './contract/describe-tunnel.ts';
import { createMemoryPlatform, type MemoryPlatform } from './memory.ts';

const ETH0: Link = {
  name: 'eth0' as IfName,
  mac: '02:00:00:00:00:02' as Mac,
  isUp: true,
  isLoopback: false,
  addresses4: ['192.168.1.2/24' as Cidr4],
  addresses6: [],
  linkKind: undefined,
};
const LO: Link = { ...ETH0, name: 'lo' as IfName, mac: undefined, isLoopback: true, addresses4: [] };

const open = <T extends object>(pick: (platform: MemoryPlatform) => T) => {
  return async () => ({ ...pick(createMemoryPlatform()), async [Symbol.asyncDispose]() {} });
};

describeTunnel(
  'memory',
  open(({ fakes: { tunnel } }) => ({
    tunnel,
    interfaceName: 'sg0' as IfName,
    routes: async () => tunnel.routes('sg0' as IfName),
  })),
);
describeFirewall(
  'memory',
  open(({ fakes: { firewall } }) => ({
    firewall,
    flush: async () => firewall.flush(),
    count: async () => firewall.count('forward-a', 1, 64),
  })),
);
describeFiles(
  'memory',
  open(({ ports: { files } }) => ({ files })),
);
describeResolver(
  'memory',
  open(({ fakes: { resolver } }) => ({
    resolver,
    lookUp: async (name: string) => resolver.names.find((entry) => entry.name === name)?.address,
  })),
);
describeLogins(
  'memory',
  open(({ ports: { logins } }) => ({ logins })),
);
describeSockets(
  'memory',
  open(({ ports: { sockets } }) => ({ sockets })),
);
describeSysctl(
  'memory',
  open(({ fakes: { sysctl } }) => ({
    sysctl,
    isForwarding: async () => sysctl.isForwarding,
    setForwarding: async (isOn: boolean) => {
      sysctl.isForwarding = isOn;
    },
  })),
);
describeLinks(
  'memory',
  open(({ fakes: { links } }) => {
    links.links = [LO, ETH0];
    links.routes = [
      { destination: '192.168.1.0/24', family: 4, gateway: undefined, interfaceName: ETH0.name },
    ];
    const address = '192.168.1.9' as Ip4 as Ip;
    const mac = '02:00:00:00:00:09' as Mac;
    links.neighbours = [{ address, mac, interfaceName: ETH0.name, state: 'REACHABLE' }];
    const addAddress = async () => {
      const addresses4 = [...ETH0.addresses4, '192.168.1.3/24' as Cidr4];
      links.links = [LO, { ...ETH0, addresses4 }];
      links.notify('address');
    };
    return { links, addAddress };
  }),
);
