/** `sidegate status`: the daemon in one picture. */
import { DEFAULTS, EdgeStatus, type HealthWarning } from '@sidegate/protocol';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { describePortMapping } from '../output/port-mapping-text.ts';
import { renderFields } from '../output/table.ts';
import { formatAgo, formatCount, formatCountdown, formatDuration } from '../output/units.ts';

/** What the daemon says of itself. */
export const fetchStatus = (context: CommandContext): Promise<EdgeStatus> =>
  context.client.ask('GET', '/status', EdgeStatus);

const NAT_WORDS: Readonly<Record<NonNullable<EdgeStatus['broker']>['nat'], string>> = {
  unknown: 'not known yet',
  none: 'no NAT',
  'endpoint-independent': 'NAT that direct paths get through',
  symmetric: 'symmetric NAT: paths to others behind such a NAT stay relayed',
};

const STATE_WORDS: Readonly<Record<EdgeStatus['state'], string>> = {
  'not-enrolled': 'not in a network yet: run `sidegate up`',
  down: 'down: run `sidegate up`',
  starting: 'coming up',
  up: 'up',
};

const nodeFields = ({ node }: EdgeStatus): [string, string][] =>
  node === undefined
    ? []
    : [
        ['name', node.fqdn],
        ['address', `${node.address4}, ${node.address6}`],
        ['account', node.account],
        ...(node.role === 'edge'
          ? [['web UI', `http://${node.fqdn}:${DEFAULTS.webPort}/`] as [string, string]]
          : []),
      ];

const describeUdp = ({ beaconReachable, isRelayByWebSocket }: NonNullable<EdgeStatus['broker']>): string => {
  if (isRelayByWebSocket === true) return 'UDP is blocked: the relay is reached over WebSocket';
  return beaconReachable ? 'UDP reaches it' : 'UDP does not reach it';
};

const brokerFields = ({ broker }: EdgeStatus, nowMs: number): [string, string][] => {
  if (broker === undefined) return [];
  const contact = broker.connected
    ? 'connected'
    : `not connected, last contact ${formatAgo(broker.lastContactAt, nowMs)}`;
  const udp = describeUdp(broker);
  const places = [broker.reflexive4, broker.reflexive6].filter((place) => place !== undefined);
  const seen = places.length === 0 ? '' : `, seen as ${places.join(' and ')}`;
  return [
    ['broker', `${broker.url}: ${contact}, ${udp}`],
    ['internet', `${NAT_WORDS[broker.nat]}${seen}`],
  ];
};

const tunnelFields = ({ tunnel }: EdgeStatus): [string, string][] =>
  tunnel === undefined
    ? []
    : [
        [
          'tunnel',
          `${tunnel.interfaceName}, ${tunnel.kind === 'kernel' ? 'kernel WireGuard' : 'wireguard-go'}, UDP port ${tunnel.listenPort}, MTU ${tunnel.mtuBytes}`,
        ],
      ];

/** How others may find the way in. */
const reachFields = ({ portMapping, candidates = [] }: EdgeStatus, nowMs: number): [string, string][] => [
  ...(portMapping === undefined
    ? []
    : [['router port', describePortMapping(portMapping, nowMs)] as [string, string]]),
  ...(candidates.length === 0
    ? []
    : [
        ['offers', candidates.map(({ kind, endpoint }) => `${endpoint} (${kind})`).join(', ')] as [
          string,
          string,
        ],
      ]),
];

/** Warnings with their hints, worst first. */
export const renderHealth = (health: readonly HealthWarning[], { style }: CommandContext): string => {
  const paint = { error: style.red, warning: style.yellow, info: style.cyan };
  const rank = { error: 0, warning: 1, info: 2 };
  return [...health]
    .sort((one, other) => rank[one.severity] - rank[other.severity])
    .map(
      ({ severity, title, hint }) =>
        `  ${paint[severity](`${severity}:`)} ${plain(title)}\n    ${style.dim(plain(hint))}`,
    )
    .join('\n');
};

const sayStatus = (context: CommandContext, status: EdgeStatus): void => {
  const { style, io } = context;
  const now = io.clock.wallMs();
  const paint = { up: style.green, starting: style.yellow, down: style.dim, 'not-enrolled': style.dim }[
    status.state
  ];
  const who = status.node === undefined ? status.hostname : `${status.node.name} (${status.node.role})`;
  context.say(`${style.bold(plain(who))}: ${paint(STATE_WORDS[status.state])}`);
  const { peers, hosts, forwards } = status.counts;
  const fields: [string, string][] = [
    ...nodeFields(status),
    ...brokerFields(status, now),
    ...tunnelFields(status),
    ...reachFields(status, now),
    [
      'knows',
      [formatCount(peers, 'peer'), formatCount(hosts, 'host'), formatCount(forwards, 'forward')].join(', '),
    ],
    [
      'daemon',
      `sidegate ${status.version} on ${status.platform}, for ${formatDuration(now - status.startedAt)}`,
    ],
  ];
  context.say(renderFields(fields, style));
  if (status.health.length > 0) context.say(`\n${renderHealth(status.health, context)}`);
  for (const { what, endsAt } of status.pending ?? []) {
    const left = formatCountdown(endsAt - now);
    context.say(
      `\n  ${style.yellow('not confirmed:')} ${plain(what)} is put back in ${left}; \`sidegate confirm\` keeps the change`,
    );
  }
  const idle = status.plugins.filter(({ state }) => state !== 'running');
  for (const { name, state, detail } of idle) {
    context.say(`\n  ${style.yellow(`plugin ${plain(name)} ${state}`)}: ${plain(detail)}`);
  }
};

export const statusCommand: Command = {
  path: ['status'],
  summary: 'Show how this machine is connected',
  async run(context) {
    const status = await fetchStatus(context);
    context.json(status);
    sayStatus(context, status);
    return EXIT.ok;
  },
};
