/** Ports of this machine that a forward must not take: those of ours, and whatever else listens here. */
import { readFile } from 'node:fs/promises';
import { DEFAULTS } from '@sidegate/protocol';
import { parseProcNet } from '../../forwarding/plans/parse-proc-net.ts';
import type { PortInUse } from '../../forwarding/plans/plan-forward.ts';

const HTTP_PORT = 80;
const OURS: readonly PortInUse[] = [
  { protocol: 'tcp', port: HTTP_PORT, by: "the edge's web page" },
  { protocol: 'tcp', port: DEFAULTS.webPort, by: "the edge's web page" },
  { protocol: 'udp', port: DEFAULTS.heartbeatPort, by: "the tunnel's heartbeat" },
];
const TABLES = [
  { protocol: 'tcp', path: '/proc/self/net/tcp' },
  { protocol: 'tcp', path: '/proc/self/net/tcp6' },
  { protocol: 'udp', path: '/proc/self/net/udp' },
  { protocol: 'udp', path: '/proc/self/net/udp6' },
] as const;

/** Ours first, so that a refusal names them. `wireguardPort` where the tunnel is up. */
export const readPortsInUse = async (wireguardPort: number | undefined): Promise<readonly PortInUse[]> => {
  const listening = await Promise.all(
    TABLES.map(async ({ protocol, path }) => {
      // A kernel without IPv6 has no tables for it.
      const text = await readFile(path, 'utf8').catch(() => '');
      return parseProcNet(protocol, text).map((port) => ({
        protocol,
        port,
        by: 'another program on this machine',
      }));
    }),
  );
  const tunnel: readonly PortInUse[] =
    wireguardPort === undefined ? [] : [{ protocol: 'udp', port: wireguardPort, by: 'WireGuard' }];
  return [...OURS, ...tunnel, ...listening.flat()];
};
