/** What the fake edge publishes, forwards and addresses, and who came. */
import type { AccessEntry, Address, Forward, ForwardAllow, Host } from '@sidegate/protocol';
import { brand, fakeId } from './fake-api.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A forward as the agent describes it. */
export const makeForward = (fields: {
  edgePort: number;
  protocol: Forward['protocol'];
  host: Host | undefined;
  address: string;
  targetPort: number;
  label: string;
  isWeb: boolean;
}): Forward => {
  const place = `alder.acme.sidegate.internal:${fields.edgePort}`;
  return brand<Forward>({
    id: fakeId('f'),
    protocol: fields.protocol,
    edgePort: fields.edgePort,
    target:
      fields.host === undefined
        ? { kind: 'address', address: fields.address }
        : { kind: 'host', hostId: fields.host.id },
    targetPort: fields.targetPort,
    targetAddress: fields.address,
    label: fields.label,
    note: '',
    enabled: true,
    owner: 'Kim Sørensen',
    createdAt: Date.now(),
    url: fields.isWeb ? `http://${place}/` : place,
    connections: 0,
    bytes: 0,
  });
};

/** An address as the agent describes it. */
export const makeAddress = (host: Host, at: number): Address => {
  const fqdn = `${host.name}.alder.acme.sidegate.internal`;
  return brand<Address>({
    id: fakeId('v'),
    name: host.name,
    fqdn,
    address4: `100.64.0.${at}`,
    target: { kind: 'host', hostId: host.id },
    targetAddress: host.addresses[0],
    label: '',
    note: '',
    enabled: true,
    owner: 'Kim Sørensen',
    createdAt: Date.now(),
    urls: host.services.some(({ port }) => port === 80) ? [`http://${fqdn}/`] : [],
    connections: 0,
    bytes: 0,
  });
};

/** One that is used, one that is not for browsers, one that is switched off. */
export const seedForwards = (hosts: readonly Host[]): Forward[] => {
  const on = (name: string) => hosts.find((host) => host.name === name);
  const camera = on('garden-camera');
  const nas = on('diskstation');
  const pump = on('heat-pump');
  return [
    {
      ...makeForward({
        edgePort: 8001,
        protocol: 'tcp',
        host: camera,
        address: '192.168.1.21',
        targetPort: 80,
        label: 'Garden camera',
        isWeb: true,
      }),
      connections: 214,
      bytes: 1_930_554_221,
    },
    {
      ...makeForward({
        edgePort: 2201,
        protocol: 'tcp',
        host: nas,
        address: '192.168.1.40',
        targetPort: 22,
        label: 'DiskStation shell',
        isWeb: false,
      }),
      connections: 12,
      bytes: 4_810_442,
      expiresAt: Date.now() + 2 * DAY,
      allow: brand<ForwardAllow>({ nodes: [], tags: ['support'], users: [] }),
    },
    {
      ...makeForward({
        edgePort: 5020,
        protocol: 'tcp',
        host: pump,
        address: '192.168.1.70',
        targetPort: 502,
        label: 'Heat pump (Modbus)',
        isWeb: false,
      }),
      enabled: false,
      owner: 'Ada Olsen',
    },
  ];
};

/** The NAS. */
export const seedAddresses = (hosts: readonly Host[]): Address[] => {
  const nas = hosts.find(({ name }) => name === 'diskstation');
  return nas === undefined ? [] : [{ ...makeAddress(nas, 40), connections: 31, bytes: 88_120_004 }];
};

/** One visit that goes on, one that is over, one to what is gone. */
export const seedAccess = (
  [garden]: readonly Forward[],
  [nas]: readonly Address[],
  now: number,
): AccessEntry[] => {
  const visit = { node: 'laptop', address: '100.64.0.7', isOpen: false };
  return brand<AccessEntry[]>([
    {
      ...visit,
      kind: 'forward',
      publicationId: garden?.id,
      name: garden?.url,
      label: garden?.label,
      services: ['tcp/8001'],
      firstAt: now - 12 * MINUTE,
      lastAt: now,
      isOpen: true,
      connections: 48,
      bytes: 31_400_220,
    },
    {
      ...visit,
      kind: 'address',
      publicationId: nas?.id,
      name: nas?.fqdn,
      label: '',
      services: ['tcp/80', 'tcp/443', 'tcp/22'],
      firstAt: now - 5 * HOUR,
      lastAt: now - 4 * HOUR,
      connections: 17,
      bytes: 2_204_118,
    },
    {
      ...visit,
      kind: 'forward',
      publicationId: fakeId('f'),
      name: 'ssh://alder.acme.sidegate.internal:2202/',
      label: '<b>Old</b> shell',
      node: '100.64.0.99',
      address: '100.64.0.99',
      services: ['tcp/2202'],
      firstAt: now - 9 * DAY,
      lastAt: now - 9 * DAY + 20_000,
      connections: 1,
    },
  ]);
};
