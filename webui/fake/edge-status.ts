/** How the fake edge is doing, and its peers: one of every path. */
import type { EdgeStatus, PeerStatus } from '@sidegate/protocol';
import { brand, fakeId, fakeKey } from './fake-api.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A status with a warning, so that there is something to show. */
export const makeStatus = (now: number): EdgeStatus =>
  brand<EdgeStatus>({
    state: 'up',
    version: '0.1.0',
    platform: 'Debian GNU/Linux 12, Raspberry Pi 4',
    hostname: 'raspberrypi',
    startedAt: now - 9 * DAY,
    node: {
      id: fakeId('n'),
      name: 'alder',
      fqdn: 'alder.acme.sidegate.internal',
      role: 'edge',
      address4: '100.64.0.7',
      address6: 'fd7a:5347:a1b2::7',
      publicKey: fakeKey('alder'),
      account: 'Acme Home Service',
    },
    broker: {
      url: 'https://broker.example.com',
      connected: true,
      lastContactAt: now - 14_000,
      beaconReachable: true,
      nat: 'endpoint-independent',
      reflexive4: '203.0.113.42:40117',
      reflexive6: '[2001:db8:42::2]:40117',
    },
    tunnel: { interfaceName: 'sg0', kind: 'kernel', listenPort: 40117, mtuBytes: 1280 },
    portMapping: {
      state: 'mapped',
      gateway: '192.168.1.1',
      protocol: 'pcp',
      external: '203.0.113.42:40117',
      expiresAt: now + HOUR,
    },
    counts: { peers: 4, hosts: 13, forwards: 3 },
    health: [
      {
        code: 'mdns-silent',
        severity: 'warning',
        title: 'No names are heard on the network',
        hint: 'A switch or access point may filter multicast (IGMP snooping). Names then come from DHCP only.',
        source: 'discovery',
        sinceMs: now - 2 * HOUR,
      },
    ],
    plugins: [
      { name: 'mesh', state: 'running', detail: '' },
      { name: 'forwarding', state: 'running', detail: 'one table, 3 forwards' },
      { name: 'discovery', state: 'running', detail: 'arp-scan, neighbours, DHCP leases' },
      { name: 'dns', state: 'running', detail: '/etc/hosts' },
      { name: 'web', state: 'running', detail: 'mesh address, port 7380' },
      { name: 'port-mapping', state: 'running', detail: '' },
    ],
  });

/** Direct, relayed, a relay, and one that is off. */
export const makePeers = (now: number): PeerStatus[] => {
  const peer = (name: string, last: number, rest: object): PeerStatus =>
    brand<PeerStatus>({
      id: fakeId('n'),
      name,
      fqdn: `${name}.acme.sidegate.internal`,
      role: 'client',
      address4: `100.64.0.${last}`,
      address6: `fd7a:5347:a1b2::${last}`,
      online: true,
      tags: [],
      path: 'direct',
      rxBytes: 0,
      txBytes: 0,
      explain: [],
      ...rest,
    });
  const went = (agoMs: number, from: string, to: string, why: string) => ({ at: now - agoMs, from, to, why });
  return [
    peer('kims-laptop', 2, {
      endpoint: '198.51.100.23:41641',
      rttMs: 12.4,
      latestHandshakeAt: now - 41_000,
      rxBytes: 18_400_211,
      txBytes: 412_008_113,
      explain: [
        went(51 * MINUTE, 'relayed', 'probing', 'punch asked by peer'),
        went(51 * MINUTE - 300, 'probing', 'direct', 'reflexive candidate verified both ways'),
      ],
    }),
    peer('van-tablet', 3, {
      path: 'relayed',
      endpoint: '192.0.2.10:7382',
      rttMs: 48.9,
      latestHandshakeAt: now - 95_000,
      rxBytes: 88_120,
      txBytes: 1_204_551,
      explain: [
        went(9 * MINUTE, 'direct', 'relayed', 'no heartbeat for 1.5 s'),
        went(8 * MINUTE, 'relayed', 'probing', 'network changed'),
        went(8 * MINUTE - 5000, 'probing', 'relayed', 'both sides symmetric'),
      ],
    }),
    peer('office-relay', 4, {
      role: 'relay',
      endpoint: '192.0.2.77:51900',
      rttMs: 21.3,
      latestHandshakeAt: now - 70_000,
      rxBytes: 5210,
      txBytes: 4922,
    }),
    peer('old-netbook', 5, { online: false, path: 'down', latestHandshakeAt: now - 12 * DAY }),
  ];
};
