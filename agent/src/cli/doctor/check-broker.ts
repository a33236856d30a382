/** The way to the broker: HTTP and its clock, UDP, the NAT between. */
import type { EdgeStatus } from '@sidegate/protocol';
import type { CommandContext } from '../command.ts';
import { describePortMapping } from '../output/port-mapping-text.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { judgeClock } from './judge-clock.ts';

const FETCH_TIMEOUT_MS = 5_000;

/** Is the broker there over HTTP, and do the clocks agree? */
export const checkBrokerHttp = async ({ io }: CommandContext, url: string): Promise<Finding[]> => {
  const timeout = new AbortController();
  using _timer = io.clock.after(FETCH_TIMEOUT_MS, () =>
    timeout.abort(new Error('no answer in five seconds')),
  );
  const startMs = io.clock.monoMs();
  try {
    const response = await io.request(url, {
      method: 'HEAD',
      signal: AbortSignal.any([io.signal, timeout.signal]),
    });
    const tookMs = Math.round(io.clock.monoMs() - startMs);
    const date = response.headers.get('date');
    return [
      ok('broker-http', `The broker answers at ${url} in ${tookMs} ms`),
      judgeClock(io.clock.wallMs(), date === null ? undefined : Date.parse(date)),
    ];
  } catch (error) {
    io.signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    return [
      fail(
        'broker-http',
        `The broker does not answer at ${url}: ${why}`,
        'Check name, port and this machine’s internet. Tunnels that are up stay up meanwhile.',
      ),
      judgeClock(io.clock.wallMs(), undefined),
    ];
  }
};

/** A router that maps no port is nothing wrong: most paths do without. One behind another NAT is worth knowing. */
export const checkPortMapping = ({ portMapping }: EdgeStatus, nowMs: number): Finding[] => {
  if (portMapping === undefined) return [];
  const title = `Port on the router: ${describePortMapping(portMapping, nowMs)}`;
  return [
    portMapping.state === 'double-nat'
      ? warn(
          'port-mapping',
          title,
          'Two NATs in a row: direct paths may still work. Where the outer router is yours, bridge one of the two.',
        )
      : ok('port-mapping', title),
  ];
};

/** Does WireGuard reach it, and through what NAT? */
export const checkBrokerUdp = ({ broker, portMapping }: EdgeStatus): Finding[] => {
  if (broker === undefined) return [];
  const findings = [
    broker.beaconReachable
      ? ok('broker-udp', 'WireGuard reaches the broker over UDP')
      : fail(
          'broker-udp',
          'WireGuard does not reach the broker over UDP',
          'A firewall on the way may block outgoing UDP, or the broker’s UDP port is closed.',
        ),
  ];
  if (broker.nat === 'symmetric' && portMapping?.state !== 'mapped') {
    findings.push(
      warn(
        'nat',
        'This NAT changes ports for every destination',
        'Paths to peers behind such a NAT stay relayed; turning on PCP or UPnP on the router helps, and so does IPv6.',
      ),
    );
  }
  return findings;
};
