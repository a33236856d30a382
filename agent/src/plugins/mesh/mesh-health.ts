/** Trouble of the mesh that a person can act on. Codes are stable; conditions are checked here, pure. */
import { hasOverlap } from '@sidegate/kit';
import { type Cidr4, DEFAULTS } from '@sidegate/protocol';
import type { Health } from '../../plugin-api/index.ts';
import type { IfName, Link, Route } from '../../ports/index.ts';

type Warning = Parameters<Health['raise']>[0];

const warning = (code: string, severity: Warning['severity'], title: string, hint: string): Warning => ({
  code,
  severity,
  title,
  hint,
});

/** Every warning of the mesh. */
export const MESH_WARNINGS = {
  brokerUnreachable: warning(
    'broker-unreachable',
    'warning',
    'The broker cannot be reached',
    'What works goes on working; new peers and addresses are not learned. Check the connection to the internet.',
  ),
  brokerGarbled: warning(
    'broker-not-understood',
    'warning',
    'The broker says something that this agent does not understand',
    'Bring agent and broker to versions that fit.',
  ),
  beaconUnreachable: warning(
    'beacon-unreachable',
    'error',
    'The broker does not answer over UDP',
    "A firewall on the way may block UDP: let this machine send UDP to the broker's port.",
  ),
  udpBlocked: warning(
    'udp-blocked',
    'warning',
    'UDP is blocked here: the relay is reached over WebSocket',
    "Peers outside this network stay relayed, and slower. Let this machine send UDP to the broker's ports; it changes over by itself.",
  ),
  identityRefused: warning(
    'identity-refused',
    'error',
    'The broker does not know this machine any more',
    'Run `sidegate down --forget`, then `sidegate up` with a new key.',
  ),
  identityCloned: warning(
    'identity-cloned',
    'error',
    'Another machine runs with the identity of this one',
    'This is a copy of its disk. Run `sidegate down --forget`, then `sidegate up` with a new key.',
  ),
  identityDamaged: warning(
    'identity-damaged',
    'error',
    'The file with the identity of this machine is damaged',
    'Enrol again with `sidegate up`.',
  ),
  identityNewer: warning(
    'identity-newer',
    'error',
    'The identity of this machine was written by a newer version',
    'Install that version again; it is left as it is until then. To give it up: `sidegate down --forget`.',
  ),
  tunnelFailed: warning(
    'tunnel-failed',
    'error',
    'The tunnel could not be set up',
    'It is tried again; `sidegate doctor` says more.',
  ),
  portSharing: warning(
    'probing-unavailable',
    'warning',
    'Direct paths cannot be found on this machine',
    'Traffic goes through the relay. Probing needs nftables: install it, then restart the agent.',
  ),
  heartbeat: warning(
    'heartbeat-unavailable',
    'warning',
    'Paths cannot be supervised',
    `Another program has UDP port ${DEFAULTS.heartbeatPort} on the mesh address; free it.`,
  ),
  clock: warning(
    'clock-off',
    'warning',
    'The clock of this machine is wrong',
    'It differs from the broker by more than five minutes: logins and certificates fail. Set up NTP.',
  ),
  clockBehind: warning(
    'clock-behind',
    'error',
    'The clock of this machine went back: its handshakes are taken for replays',
    'WireGuard refuses a handshake that is dated before the last one. Set up NTP. Where the clock was ahead and is right now, restart this machine: the broker forgets the old dates then.',
  ),
  enrolmentDenied: warning(
    'enrolment-denied',
    'error',
    'Joining the account was denied, or nobody approved it in time',
    'Run `sidegate up` again.',
  ),
} as const satisfies Record<string, Warning>;

/** Beyond this a clock is wrong. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** Is the clock so far off that dates stop meaning anything? As arguments of `setWarning`. */
export const judgeClock = (
  ownMs: number,
  brokerMs: number | undefined,
): readonly [isOff: boolean, warning: Warning] => {
  const offMs = brokerMs === undefined ? 0 : ownMs - brokerMs;
  const title = `The clock of this machine is ${offMs > 0 ? "ahead of the broker's" : "behind the broker's"}`;
  return [Math.abs(offMs) > CLOCK_TOLERANCE_MS, { ...MESH_WARNINGS.clock, title }];
};

/** Local networks that share addresses with the mesh (carrier NAT, Tailscale), as `100.64.0.0/10 on eth0`. */
export const findOverlaps = (
  prefix: Cidr4,
  links: readonly Link[],
  routes: readonly Route[],
  tunnelName: IfName,
): readonly string[] => {
  const own = links
    .filter(({ name, isLoopback }) => name !== tunnelName && !isLoopback)
    .flatMap(({ name, addresses4 }) => addresses4.map((cidr) => ({ cidr, name })));
  const routed = routes
    .filter(({ interfaceName }) => interfaceName !== tunnelName)
    .filter(({ destination }) => /^(\d+\.){3}\d+(\/\d+)?$/.test(destination))
    .map(({ destination, interfaceName: name }) => ({
      cidr: (destination.includes('/') ? destination : `${destination}/32`) as Cidr4,
      name,
    }));
  const found = [...own, ...routed].filter(
    ({ cidr }) => !cidr.startsWith('0.0.0.0') && hasOverlap(cidr, prefix),
  );
  return [...new Set(found.map(({ cidr, name }) => `${cidr} on ${name}`))];
};

/** The warning for them. */
export const overlapWarning = (prefix: Cidr4, overlaps: readonly string[]): Warning =>
  warning(
    'mesh-prefix-overlap',
    'warning',
    `The mesh's addresses ${prefix} are in use here: ${overlaps.slice(0, 3).join(', ')}`,
    `Some peers may be out of reach. Give the account another prefix, such as ${DEFAULTS.alternativePrefix4}.`,
  );

/** Raises or clears, by a condition. */
export const setWarning = (health: Health, isRaised: boolean, what: Warning): void => {
  if (isRaised) health.raise(what);
  else health.clear(what.code);
};

/** Health that remembers its open codes, for the check-in. */
export const trackHealth = (health: Health): Health & { readonly codes: () => readonly string[] } => {
  const codes = new Set<string>();
  return {
    raise(what) {
      codes.add(what.code);
      health.raise(what);
    },
    clear(code) {
      codes.delete(code);
      health.clear(code);
    },
    codes: () => [...codes].sort(),
  };
};
