/**
 * `make bench-forwarding`: what a publication costs. A veth stands for the tunnel, so that no encryption hides the
 * price: the bare route, the least that nft can translate with, a forward and a host's own address alone and among
 * many, socat and nginx in their place, in turns; the same through WireGuard (the program); how long a change among a
 * thousand takes, and what it does to a flow that it does not concern.
 *
 *   peer 100.64.0.2 ── sg0 ── edge 100.64.0.1 / 192.168.1.2 ── lan ── device 192.168.1.20 = 100.64.0.50
 *                 └── sgb0 (WireGuard over sg0) ──┘
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silentLogger } from '@sidegate/kit';
import { createLab, type Machine } from '@sidegate/lab';
import { type Ip4, type Ip6, LIMITS } from '@sidegate/protocol';
import { mergeWishes } from '../agent/src/forwarding/rules/firewall-plan.ts';
import { renderRuleset } from '../agent/src/forwarding/rules/render-ruleset.ts';
import { createDebianPlatform } from '../agent/src/platform/debian.ts';
import type { AddressRule, FirewallWish, ForwardRule } from '../agent/src/plugin-api/index.ts';
import type { IfName } from '../agent/src/ports/index.ts';
import { medianOf, type Row, report } from './src/report.ts';

/** Many short turns: what differs by a few per cent drowns in how two cores are shared, and medians find it again. */
const RUNS = 9;
const TUNNEL_RUNS = 15;
const SECONDS = 2;
/** The kernel takes an old table apart for a while after the new one is in force. */
const SETTLE_MS = 500;
const CHANGES = 20;
const MANY = 1_000;
const DEVICE = '192.168.1.20' as Ip4;
const EDGE = { address4: '100.64.0.1' as Ip4, address6: 'fd00::1' as Ip6 };
const PEER = { address4: '100.64.0.2' as Ip4, address6: 'fd00::2' as Ip6 };
const INTERFACE = 'sg0' as IfName;
const IPERF_PORT = 5201;
const FIRST_PORT = 10_000;
const SOCAT_PORT = 9_000;
const NGINX_PORT = 9_001;
const PLAIN_PORT = 9_002;
const WEB_PORT = 8_080;
/** The device's own address in the mesh. */
const OWN = '100.64.0.50' as Ip4;
/** The same ends inside WireGuard. */
const INSIDE = { edge: '100.65.0.1' as Ip4, peer: '100.65.0.2' as Ip4, own: '100.65.0.50' as Ip4 };
const WIREGUARD = 'sgb0' as IfName;
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

/** Its own address, and others beside it. */
const addressesOf = (count: number, own = OWN): readonly AddressRule[] => [
  { id: 'v_used', meshAddress: own, targetAddress: DEVICE },
  ...Array.from({ length: count - 1 }, (_, at) => ({
    id: `v_other${at}`,
    meshAddress: `100.66.0.${at + 1}` as Ip4,
    targetAddress: DEVICE,
  })),
];

/** WireGuard between the two ends of the veth. */
const plugWireGuard = async (edge: Machine, peer: Machine): Promise<void> => {
  const keys = await Promise.all(
    [edge, peer].map(async (machine) => {
      const secret = (await machine.run('wg', ['genkey'])).stdout.trim();
      return { secret, open: (await machine.run('wg', ['pubkey'], { input: secret })).stdout.trim() };
    }),
  );
  const plug = async (
    machine: Machine,
    own: number,
    address: Ip4,
    remote: Ip4,
    allowed: readonly string[],
  ) => {
    // Debian's wireguard-go looks at every file descriptor it may have.
    machine.spawn('sh', ['-c', `ulimit -n 1024; exec wireguard-go -f ${WIREGUARD}`]);
    await machine.waitFor(async () => {
      const found = await machine.run('wg', ['show', WIREGUARD], { reject: false });
      return found.exitCode === 0;
    });
    const rest = ['peer', keys[1 - own]!.open, 'endpoint', `${remote}:51000`, 'allowed-ips', allowed.join()];
    const file = '/run/bench.key';
    await machine.run('sh', ['-c', `umask 077; cat > ${file}`], { input: keys[own]!.secret });
    await machine.run('wg', ['set', WIREGUARD, 'private-key', file, 'listen-port', '51000', ...rest]);
    await machine.configure([`addr add ${address}/16 dev ${WIREGUARD}`, `link set ${WIREGUARD} mtu 1280 up`]);
  };
  await Promise.all([
    plug(edge, 0, INSIDE.edge, PEER.address4, [`${INSIDE.peer}/32`]),
    plug(peer, 1, INSIDE.peer, EDGE.address4, [`${INSIDE.edge}/32`, `${INSIDE.own}/32`, `${DEVICE}/32`]),
  ]);
};

const plugTunnel = async (edge: Machine, peer: Machine): Promise<void> => {
  const ends = [
    ['netns', `${edge.holderPid}`, 'type', 'veth', 'peer'],
    ['name', INTERFACE, 'netns', `${peer.holderPid}`],
  ];
  await promisify(execFile)('ip', ['link', 'add', INTERFACE, ...ends.flat()]);
  await edge.configure([
    `addr add ${EDGE.address4}/10 dev ${INTERFACE}`,
    `link set ${INTERFACE} mtu 1420 up`,
  ]);
  await peer.configure([
    `addr add ${PEER.address4}/10 dev ${INTERFACE}`,
    `link set ${INTERFACE} mtu 1420 up`,
    `route add 192.168.1.0/24 via ${EDGE.address4}`,
    `route add ${OWN}/32 via ${EDGE.address4}`,
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
await plugWireGuard(edge, peer);
await device.configure(['route add 100.64.0.0/10 via 192.168.1.2']);
await edge.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
edge.spawn('socat', [`TCP-LISTEN:${SOCAT_PORT},reuseaddr,fork`, `TCP:${DEVICE}:${IPERF_PORT}`]);
await edge.waitFor({ tcp: SOCAT_PORT });
const NGINX = `load_module modules/ngx_stream_module.so;
pid /run/nginx-bench.pid;
error_log /dev/null;
daemon off;
worker_processes auto;
events { worker_connections 1024; }
stream {
  server { listen ${NGINX_PORT}; proxy_pass ${DEVICE}:${IPERF_PORT}; }
  server { listen ${NGINX_PORT + 10}; proxy_pass ${DEVICE}:${WEB_PORT}; }
}
`;
await edge.run('sh', ['-c', 'cat > /run/nginx-bench.conf'], { input: NGINX });
edge.spawn('nginx', ['-p', '/usr/share/nginx', '-c', '/run/nginx-bench.conf']);
await edge.waitFor({ tcp: NGINX_PORT });
edge.spawn('socat', [`TCP-LISTEN:${SOCAT_PORT + 10},reuseaddr,fork`, `TCP:${DEVICE}:${WEB_PORT}`]);
const page = `require('node:http').createServer((_, reply) => reply.end('x'.repeat(1000))).listen(${WEB_PORT})`;
device.spawn(process.execPath, ['-e', page]);
await device.waitFor({ tcp: WEB_PORT });

/** What a router with any firewall does to each packet, with or without us. */
const TRACKING = `table inet tracking {
  chain forwarded { type filter hook forward priority 0; ct state established accept; }
}
`;
const trackConnections = () => edge.run('nft', ['-f', '-'], { input: TRACKING });
const stopTracking = () => edge.run('nft', ['delete', 'table', 'inet', 'tracking']);
/** The least that translates: one rule each way, and nothing that filters. */
const PLAIN = `table ip plain {
  chain in { type nat hook prerouting priority -100; ip daddr ${EDGE.address4} tcp dport ${PLAIN_PORT} dnat to ${DEVICE}:${IPERF_PORT}; }
  chain out { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
}
`;
const translatePlainly = () => edge.run('nft', ['-f', '-'], { input: PLAIN });
const stopPlainly = () => edge.run('nft', ['delete', 'table', 'ip', 'plain']);

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
const apply = (wish: FirewallWish) => firewall.apply(renderRuleset(mergeWishes([wish]), Date.now()), signal);
const publish = (forwards: readonly ForwardRule[], addresses: readonly AddressRule[] = []) =>
  apply({ tunnel, forwards, addresses });
const publishInside = () =>
  apply({
    tunnel: {
      ...tunnel,
      interfaceName: WIREGUARD,
      self: { ...EDGE, address4: INSIDE.edge },
      peers: [{ address4: INSIDE.peer, address6: PEER.address6, inbound: { kind: 'all' } }],
    },
    forwards: forwardsOf(1),
    addresses: addressesOf(1, INSIDE.own),
  });

interface IperfSum {
  readonly bits_per_second: number;
  readonly lost_packets?: number;
}
const iperf = async (host: string, port: number, ...more: readonly string[]): Promise<IperfSum> => {
  // One for each run: a last packet that is lost with a table would keep a lasting one busy.
  await using _server = device.spawn('iperf3', ['-s']);
  await device.waitFor({ tcp: IPERF_PORT });
  const argv = ['-c', host, '-p', String(port), '-J', '-t', String(SECONDS), ...more];
  const { stdout } = await peer.run('iperf3', argv, { timeoutMs: 60_000 });
  const { end, error } = JSON.parse(stdout) as {
    readonly end: { readonly sum_received?: IperfSum; readonly sum: IperfSum };
    readonly error?: string;
  };
  if (error !== undefined) throw new Error(`iperf3 ${argv.join(' ')}: ${error}`);
  return more.includes('-u') ? end.sum : end.sum_received!;
};
const mbit = async (host: string, port: number): Promise<number> =>
  (await iperf(host, port, '-O', '1')).bits_per_second / 1e6;

const RATE = fileURLToPath(new URL('./src/request-rate.ts', import.meta.url));
/** Requests a second, each over a connection of its own. */
const requests = async (host: string, port: number): Promise<number> => {
  const { stdout } = await peer.run(process.execPath, [RATE, `http://${host}:${port}/`, '1.5']);
  return Number(stdout.trim());
};

const values = new Map<string, number[]>();
const measure = async (key: string, value: Promise<number>): Promise<void> => {
  values.set(key, [...(values.get(key) ?? []), await value]);
};
const webRule = {
  id: 'f_web',
  protocol: 'tcp',
  targetAddress: DEVICE,
  edgePort: WEB_PORT,
  targetPort: WEB_PORT,
} as const;
/** There and back, so that a machine that gets slower by the minute slows all of them. */
const inTurns = async (runs: number, steps: readonly (() => Promise<void>)[]): Promise<void> => {
  for (let run = 0; run < runs; run++)
    for (const step of run % 2 === 0 ? steps : steps.toReversed()) await step();
};
await inTurns(RUNS, [
  async () => {
    await firewall.remove();
    await measure('bare', mbit(DEVICE, IPERF_PORT));
    await measure('bare-requests', requests(DEVICE, WEB_PORT));
  },
  async () => {
    await firewall.remove();
    await measure('socat', mbit(EDGE.address4, SOCAT_PORT));
    await measure('socat-requests', requests(EDGE.address4, SOCAT_PORT + 10));
    await measure('nginx', mbit(EDGE.address4, NGINX_PORT));
    await measure('nginx-requests', requests(EDGE.address4, NGINX_PORT + 10));
  },
  async () => {
    await firewall.remove();
    await translatePlainly();
    await measure('plain', mbit(EDGE.address4, PLAIN_PORT));
    await stopPlainly();
  },
  async () => {
    await publish([...forwardsOf(1), webRule], addressesOf(1));
    await sleep(SETTLE_MS);
    await measure('one', mbit(EDGE.address4, FIRST_PORT));
    await measure('one-requests', requests(EDGE.address4, WEB_PORT));
    await measure('address', mbit(OWN, IPERF_PORT));
    await measure('address-requests', requests(OWN, WEB_PORT));
  },
  async () => {
    await publish(forwardsOf(MANY), addressesOf(LIMITS.addressesPerEdge));
    await sleep(SETTLE_MS);
    await measure('many', mbit(EDGE.address4, FIRST_PORT));
    await measure('many-addresses', mbit(OWN, IPERF_PORT));
  },
]);
// Packets for the device through WireGuard, and its answers.
await peer.configure([`route replace ${DEVICE}/32 dev ${WIREGUARD}`]);
await firewall.remove();
await inTurns(TUNNEL_RUNS, [
  () => measure('tunnel', mbit(DEVICE, IPERF_PORT)),
  async () => {
    await trackConnections();
    await measure('tunnel-tracked', mbit(DEVICE, IPERF_PORT));
    await stopTracking();
  },
  async () => {
    await publishInside();
    await measure('tunnel-forward', mbit(INSIDE.edge, FIRST_PORT));
    await measure('tunnel-address', mbit(INSIDE.own, IPERF_PORT));
    await firewall.remove();
  },
]);
await peer.configure([`route del ${DEVICE}/32 dev ${WIREGUARD}`]);
await publish(forwardsOf(MANY), addressesOf(LIMITS.addressesPerEdge));

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

const measured = (what: string, key: string, unit: string): Row => ({
  what,
  value: medianOf(values.get(key)!),
  unit,
  goal: '-',
  ok: true,
});
const ratio = (what: string, above: string, below: string, peerName: string): Row => {
  const value = medianOf(values.get(above)!.map((one, at) => one / values.get(below)![at]!));
  return { what, value, unit: 'ratio', peer: peerName, goal: '>= 0.97', ok: value >= 0.97 };
};
const lost = disturbed.lost_packets ?? 0;
const addressesName = `one of ${LIMITS.addressesPerEdge} addresses`;
await report('forwarding', RUNS, [
  measured('TCP over the bare route', 'bare', 'Mbit/s'),
  measured('TCP through the least that nft translates with', 'plain', 'Mbit/s'),
  measured('TCP through one forward', 'one', 'Mbit/s'),
  measured(`TCP through one of ${MANY} forwards`, 'many', 'Mbit/s'),
  measured("TCP to a host's own address", 'address', 'Mbit/s'),
  measured(`TCP to ${addressesName}`, 'many-addresses', 'Mbit/s'),
  measured('TCP through socat in its place', 'socat', 'Mbit/s'),
  measured('TCP through nginx in its place', 'nginx', 'Mbit/s'),
  ratio('one forward / bare route', 'one', 'bare', 'bare route, in turns'),
  ratio('one forward / least translation', 'one', 'plain', 'one dnat and one masquerade rule, in turns'),
  ratio('own address / bare route', 'address', 'bare', 'bare route, in turns'),
  ratio(`one of ${MANY} / one`, 'many', 'one', 'one forward, in turns'),
  ratio(`${addressesName} / one`, 'many-addresses', 'address', 'one address, in turns'),
  measured('TCP over the bare tunnel (wireguard-go)', 'tunnel', 'Mbit/s'),
  measured('TCP over a tunnel whose router tracks connections', 'tunnel-tracked', 'Mbit/s'),
  ratio('forward + tunnel / bare tunnel', 'tunnel-forward', 'tunnel', 'bare tunnel, in turns'),
  ratio('own address + tunnel / bare tunnel', 'tunnel-address', 'tunnel', 'bare tunnel, in turns'),
  ratio(
    'forward + tunnel / tracked tunnel',
    'tunnel-forward',
    'tunnel-tracked',
    'connection tracking alone, in turns',
  ),
  measured('requests over the bare route', 'bare-requests', 'requests/s'),
  measured('requests through one forward', 'one-requests', 'requests/s'),
  measured("requests to a host's own address", 'address-requests', 'requests/s'),
  measured('requests through socat', 'socat-requests', 'requests/s'),
  measured('requests through nginx', 'nginx-requests', 'requests/s'),
  ratio('requests, forward / bare route', 'one-requests', 'bare-requests', 'bare route, in turns'),
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
