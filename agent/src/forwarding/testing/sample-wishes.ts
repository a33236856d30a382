/** Wishes that touch every part of the ruleset: one edge, three peers with three kinds of access, forwards of each kind. */
import type { Cidr4, ForwardId, Ip4, Ip6, Scope, ScopeId } from '@sidegate/protocol';
import type { AddressRule, FirewallWish, ForwardRule, LanWire } from '../../plugin-api/firewall-wish.ts';
import type { IfName } from '../../ports/index.ts';

/** The mesh addresses of the edge itself. */
export const EDGE = { address4: '100.64.0.1' as Ip4, address6: 'fd00::1' as Ip6 };
/** The peer that may open everything. */
export const TECHNICIAN = { address4: '100.64.0.2' as Ip4, address6: 'fd00::2' as Ip6 };
/** The peer that may open some ports. */
export const HELPER = { address4: '100.64.0.3' as Ip4, address6: 'fd00::3' as Ip6 };
/** The peer that may open nothing. */
export const STRANGER = { address4: '100.64.0.4' as Ip4, address6: 'fd00::4' as Ip6 };

/** The technician may do everything, the helper two ports and the edge's page, the stranger nothing. */
export const tunnelWish = (role: 'edge' | 'client' = 'edge', interfaceName = 'sg0'): FirewallWish => ({
  portSharing: { agentPort: 40_001, wireguardPort: 51_000 },
  tunnel: {
    interfaceName: interfaceName as IfName,
    role,
    self: EDGE,
    peers: [
      { ...STRANGER, inbound: { kind: 'none' } },
      { ...TECHNICIAN, inbound: { kind: 'all' } },
      {
        ...HELPER,
        inbound: {
          kind: 'ports',
          ports: [
            { protocol: 'tcp', from: 8001, to: 8003 },
            { protocol: 'tcp', from: 8002, to: 8010 },
            { protocol: 'tcp', from: 80, to: 80 },
            { protocol: 'udp', from: 5060, to: 5060 },
          ],
        },
      },
    ],
  },
});

/** The edge's own page on port 7380, reached by port 80 as well. */
export const WEB_WISH: FirewallWish = {
  ownServices: [{ protocol: 'tcp', port: 7380, alsoPort: 80, label: 'web' }],
};

/** Where the camera is. */
export const LAN: LanWire = { interfaceName: 'eth0', cidr: '192.168.1.0/24' as Cidr4 };

/** That wire as the one network to scan and to publish from. */
export const SCOPES: Scope[] = [
  {
    id: 'c_aaaaaaaaaaaaaaaa' as ScopeId,
    cidr: LAN.cidr,
    kind: 'attached',
    interfaceName: 'eth0',
    label: 'eth0',
  },
];

/**
 * TCP port 8001 to port 80 of 192.168.1.20, for whoever policy permits, without end; `patch` says what is otherwise.
 */
export const forwardRule = (patch: Partial<ForwardRule> = {}): ForwardRule => ({
  id: 'f_aaaaaaaaaaaaaaaa' as ForwardId,
  protocol: 'tcp',
  edgePort: 8001,
  targetAddress: '192.168.1.20' as Ip4,
  targetPort: 80,
  ...patch,
});

/** One forward over TCP, one over both protocols under one id, one for two hours from zero and for one peer. */
export const FORWARDS_WISH: FirewallWish = {
  forwards: [
    forwardRule({ id: 'f_bbbbbbbbbbbbbbbb', edgePort: 5060, protocol: 'udp', targetPort: 5060 }),
    forwardRule({ id: 'f_bbbbbbbbbbbbbbbb', edgePort: 5060, protocol: 'tcp', targetPort: 5060 }),
    forwardRule({ lan: LAN }),
    forwardRule({
      id: 'f_cccccccccccccccc',
      edgePort: 8002,
      expiry: { atMs: 7_200_000, longestMs: 7_200_000 },
      sources: [HELPER.address4],
    }),
  ],
};

/** 100.64.0.50 to 192.168.1.20, all ports, for whoever policy permits, without end; `patch` says what is otherwise. */
export const addressRule = (patch: Partial<AddressRule> = {}): AddressRule => ({
  id: 'v_aaaaaaaaaaaaaaaa',
  meshAddress: '100.64.0.50' as Ip4,
  targetAddress: '192.168.1.20' as Ip4,
  ...patch,
});

/** A host with everything open, one with some ports, for two hours from zero, and for one peer. */
export const ADDRESSES_WISH: FirewallWish = {
  addresses: [
    addressRule({ lan: LAN }),
    addressRule({
      id: 'v_bbbbbbbbbbbbbbbb',
      meshAddress: '100.64.0.51' as Ip4,
      targetAddress: '192.168.1.21' as Ip4,
      ports: [
        { protocol: 'tcp', from: 80, to: 81 },
        { protocol: 'udp', from: 161, to: 161 },
      ],
      expiry: { atMs: 7_200_000, longestMs: 7_200_000 },
      sources: [HELPER.address4],
    }),
  ],
};
