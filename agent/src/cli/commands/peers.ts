/** `sidegate peers`: the other machines of the network and the paths to them. */
import { PeerStatus } from '@sidegate/protocol';
import * as v from 'valibot';
import type { Command, CommandContext } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { plain } from '../output/plain-text.ts';
import { describePortMapping } from '../output/port-mapping-text.ts';
import type { Style } from '../output/style.ts';
import { type Column, renderTable } from '../output/table.ts';
import { formatAgo, formatBytes } from '../output/units.ts';
import { fetchStatus } from './status.ts';

const PATH_COLOURS: Readonly<Record<string, keyof Style>> = {
  direct: 'green',
  relayed: 'yellow',
  down: 'red',
};

const COLUMNS: readonly Column[] = [
  { title: 'NAME', isFlexible: true, paint: (cell, style) => style.bold(cell) },
  { title: 'ROLE' },
  { title: 'ADDRESS' },
  { title: 'PATH', paint: (cell, style) => style[PATH_COLOURS[cell] ?? 'dim'](cell) },
  { title: 'ENDPOINT' },
  { title: 'RTT', isRight: true },
  { title: 'IN', isRight: true },
  { title: 'OUT', isRight: true },
  { title: 'HANDSHAKE' },
];

const describeRtt = (rttMs: number | undefined): string =>
  rttMs === undefined ? '' : `${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`;

/** On loopback is nobody but the agent itself, which carries packets to the relay through a WebSocket. */
const describeEndpoint = (endpoint = ''): string =>
  endpoint.startsWith('127.0.0.1:') ? 'relay over WebSocket' : endpoint;

const renderPeers = (peers: readonly PeerStatus[], { style, io }: CommandContext): string =>
  renderTable(
    COLUMNS,
    peers.map((peer) => [
      peer.name,
      peer.role,
      peer.address4,
      peer.online ? peer.path : 'offline',
      describeEndpoint(peer.endpoint),
      describeRtt(peer.rttMs),
      formatBytes(peer.rxBytes),
      formatBytes(peer.txBytes),
      formatAgo(peer.latestHandshakeAt, io.clock.wallMs()),
    ]),
    { style, columns: io.stdout.columns },
  );

const sayHistory = (context: CommandContext, { name, explain }: PeerStatus): void => {
  const { style, io } = context;
  context.say(`\n${style.bold(plain(name))}`);
  if (explain.length === 0) context.say('  no change of path yet');
  for (const { at, from, to, why } of explain) {
    context.say(
      `  ${formatAgo(at, io.clock.wallMs()).padEnd(12)} ${plain(from)} -> ${plain(to)}: ${plain(why)}`,
    );
  }
};

/** What holds for all paths, then each by itself. */
const explain = async (context: CommandContext, peers: readonly PeerStatus[]): Promise<void> => {
  const { portMapping } = await fetchStatus(context);
  if (portMapping !== undefined)
    context.say(`\nrouter port: ${describePortMapping(portMapping, context.io.clock.wallMs())}`);
  for (const peer of peers) sayHistory(context, peer);
};

export const peersCommand: Command = {
  path: ['peers'],
  summary: 'List the other machines and the paths to them',
  options: [{ name: 'explain', summary: 'say how each path came to be' }],
  async run(context, invocation) {
    const peers = await context.client.ask('GET', '/peers', v.array(PeerStatus));
    context.json(peers);
    if (peers.length === 0) {
      context.say('No peers yet: enrol another machine, or check in the portal what this one may reach.');
      return EXIT.ok;
    }
    context.say(renderPeers(peers, context));
    if (invocation.has('explain')) await explain(context, peers);
    return EXIT.ok;
  },
};
