/**
 * `make bench-forwarding`: what a forward costs. A veth stands for the tunnel, so that no encryption hides the price:
 * the bare route, one forward, a thousand, and socat in their place, in turns; how long a change among a thousand
 * takes, and what it does to a flow that it does not concern.
 *
 *   peer 100.64.0.2 ── sg0 ── edge 100.64.0.1 / 192.168.1.2 ── lan ── device 192.168.1.20
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { silentLogger } from '@sidegate/kit';
import { createLab, type Machine } from '@sidegate/lab';
import type { Ip4, Ip6 } from '@sidegate/protocol';
import { mergeWishes } from '../agent/src/forwarding/firewall-plan.ts';
import { renderRuleset } from '../agent/src/forwarding/render-ruleset.ts';
import { createDebianPlatform } from '../agent/src/platform/debian.ts';
import type { ForwardRule } from '../agent/src/plugin-api/index.ts';
import type { IfName } from '../agent/src/ports/index.ts';
import { medianOf, type Row, report } from './src/report.ts';

const RUNS = 5;
const SECONDS = 2;
const CHANGES = 20;
const MANY = 1_000;
const DEVICE = '192.168.1.20' as Ip4;
const EDGE = { address4: '100.64.0.1' as Ip4, address6: 'fd00::1' as Ip6 };
const PEER = { address4: '100.64.0.2' as Ip4, address6: 'fd00::2' as Ip6 };
const INTERFACE = 'sg0' as IfName;
const IPERF_PORT = 5201;
const FIRST_PORT = 10_000;
const SOCAT_PORT = 9_000;
const { signal } = new AbortController();

/** One forward that is used, over both protocols, and others beside it. */
const forwardsOf = (count: number): readonly ForwardRule[] => {
  const rule = { id: 'f_used', targetAddress: DEVICE, edgePort: FIRST_PORT, targetPort: IPERF_PORT };
  const others = Array.from({ length: count - 1 }, (_, at) => ({
    ...rule,
    id: `f_other${at}`,
    protocol: 'tcp' as const,
    edgePort: FIRST_PORT + 1 + at,
  }));
  return [{ ...rule, protocol: 'tcp' }, { ...rule, protocol: 'udp' }, ...others];
};

const plugTunnel = async (edge: Machine, peer: Machine): Promise<void> => {
  const ends = [
    ['netns', `${edge.holderPid}`, 'type', 'veth', 'peer'],
    ['name', INTERFACE, 'netns', `${peer.holderPid}`],
  ];
  await promisify(execFile)('ip', ['link', 'add', INTERFACE, ...ends.flat()]);
  await edge.configure([
    `addr add ${EDGE.address4}/10 dev ${INTERFACE}`,
    `link set ${INTERFACE} mtu 1280 up`,
  ]);
  await peer.configure([
    `addr add ${PEER.address4}/10 dev ${INTERFACE}`,
    `link set ${INTERFACE} mtu 1280 up`,
    `route add 192.168.1.0/24 via ${EDGE.address4}`,
  ]);
};

await using lab = await createLab();
const home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
const [edge, device, peer] = await Promise.all([
  home.addMachine('edge', { address: '192.168.1.2' }),
  home.addMachine('device', { address: DEVICE }),
  lab.addServer('peer', { addresses: ['203.0.113.40'] }),
]);
await plugTunnel(edge, peer);
await device.configure(['route add 100.64.0.0/10 via 192.168.1.2']);
await edge.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
device.spawn('iperf3', ['-s']);
await device.waitFor({ tcp: IPERF_PORT });
edge.spawn('socat', [`TCP-LISTEN:${SOCAT_PORT},reuseaddr,fork`, `TCP:${DEVICE}:${IPERF_PORT}`]);
await edge.waitFor({ tcp: SOCAT_PORT });

const { firewall } = (
  await createDebianPlatform({
    prefix: ['nsenter', ...edge.nsenterArgs],
    paths: {
      stateDir: join(edge.path('/var/lib'), 'sidegate'),
      runtimeDir: join(edge.path('/run'), 'sidegate'),
      configFile: edge.path('/etc/sidegate/config.json'),
    },
    log: silentLogger,
  })
).ports;
const tunnel = {
  interfaceName: INTERFACE,
  role: 'edge',
  self: EDGE,
  peers: [{ ...PEER, inbound: { kind: 'all' } }],
} as const;
const publish = (forwards: readonly ForwardRule[]) =>
  firewall.apply(renderRuleset(mergeWishes([{ tunnel, forwards }]), Date.now()), signal);

interface IperfSum {
  readonly bits_per_second: number;
  readonly lost_packets?: number;
}
const iperf = async (host: string, port: number, ...more: readonly string[]): Promise<IperfSum> => {
  const argv = ['-c', host, '-p', String(port), '-J', '-t', String(SECONDS), ...more];
  const { stdout } = await peer.run('iperf3', argv, { timeoutMs: 60_000 });
  const { end } = JSON.parse(stdout) as { end: { sum_received?: IperfSum; sum: IperfSum } };
  return more.includes('-u') ? end.sum : end.sum_received!;
};
const mbit = async (host: string, port: number): Promise<number> =>
  (await iperf(host, port, '-O', '1')).bits_per_second / 1e6;

const speeds = { bare: [], one: [], many: [], socat: [] } as Record<string, number[]>;
for (let run = 0; run < RUNS; run++) {
  await firewall.remove();
  speeds.bare!.push(await mbit(DEVICE, IPERF_PORT));
  speeds.socat!.push(await mbit(EDGE.address4, SOCAT_PORT));
  await publish(forwardsOf(1));
  speeds.one!.push(await mbit(EDGE.address4, FIRST_PORT));
  await publish(forwardsOf(MANY));
  speeds.many!.push(await mbit(EDGE.address4, FIRST_PORT));
}

/** The last forward goes and comes back, again and again. */
const change = async (): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let turn = 0; turn < CHANGES; turn++) {
    const startedAt = performance.now();
    await publish(forwardsOf(turn % 2 === 0 ? MANY - 1 : MANY));
    times.push(performance.now() - startedAt);
  }
  return times;
};
/** 2,000 packets a second through the forward that is not changed. */
const flow = () => iperf(EDGE.address4, FIRST_PORT, '-u', '-b', '19M', '-l', '1200');
const quiet = await flow();
const changeTimes = await change();
const [disturbed] = await Promise.all([flow(), change()]);

const speed = (what: string, key: string): Row => ({
  what,
  value: medianOf(speeds[key]!),
  unit: 'Mbit/s',
  goal: '-',
  ok: true,
});
const ratio = (what: string, above: string, below: string, peerName: string): Row => {
  const value = medianOf(speeds[above]!.map((one, at) => one / speeds[below]![at]!));
  return { what, value, unit: 'ratio', peer: peerName, goal: '>= 0.97', ok: value >= 0.97 };
};
const lost = disturbed.lost_packets ?? 0;
await report('forwarding', RUNS, [
  speed('TCP over the bare route', 'bare'),
  speed('TCP through one forward', 'one'),
  speed(`TCP through one of ${MANY} forwards`, 'many'),
  speed('TCP through socat in its place', 'socat'),
  ratio('one forward / bare route', 'one', 'bare', 'bare route, in turns'),
  ratio(`one of ${MANY} / one`, 'many', 'one', 'one forward, in turns'),
  {
    what: `apply a change among ${MANY} forwards`,
    value: medianOf(changeTimes),
    unit: 'ms',
    goal: '< 50',
    ok: medianOf(changeTimes) < 50,
  },
  {
    what: `packets lost of an unrelated flow during ${CHANGES} changes`,
    value: lost,
    unit: 'packets',
    peer: `${quiet.lost_packets ?? 0} lost without changes`,
    goal: '0',
    ok: lost === 0,
  },
]);
