/** nebula as Debian has it: a lighthouse that also relays, and an end on each machine. */
import type { LabProcess, Machine } from '@sidegate/lab';
import { runOnColdPath } from '../cold-start.ts';
import type { Pair, Rival } from './rival.ts';

const LIGHTHOUSE = '10.98.0.1';
const PORT = 4242;
const DIRECTORY = '/etc/nebula-bench';

/** It would find its way through the tunnels of the others, which run on the same machines. */
const OUTSIDE_ONLY = [
  'local_allow_list: { interfaces: { "sg.*": false, "wghand.*": false, "n2n.*": false } }',
  'remote_allow_list: { "0.0.0.0/0": true, "10.96.0.0/14": false, "100.64.0.0/10": false }',
].join(', ');

/** The lighthouse, and what signs certificates. */
export interface NebulaService {
  readonly server: Machine;
  readonly publicAddress: string;
}

const config = (lines: readonly string[]): string =>
  [
    `pki: { ca: ${DIRECTORY}/ca.crt, cert: ${DIRECTORY}/host.crt, key: ${DIRECTORY}/host.key }`,
    'firewall: { outbound: [{ port: any, proto: any, host: any }], inbound: [{ port: any, proto: any, host: any }] }',
    'punchy: { punch: true, respond: true, delay: 1s }',
    'tun: { dev: nebula0, mtu: 1300 }',
    'logging: { level: info, format: text }',
    ...lines,
    '',
  ].join('\n');

/** Signs a certificate on the server and puts it, with the configuration, onto the machine. */
const equip = async (
  { server }: NebulaService,
  machine: Machine,
  name: string,
  address: string,
  text: string,
): Promise<void> => {
  const run = (script: string) => server.run('sh', ['-ec', script]);
  await run(
    `cd ${DIRECTORY}; rm -f ${name}.*; nebula-cert sign -name ${name} -ip ${address}/24 -out-crt ${name}.crt -out-key ${name}.key`,
  );
  await machine.run('mkdir', ['-p', DIRECTORY]);
  for (const [from, to] of [
    ['ca.crt', 'ca.crt'],
    [`${name}.crt`, 'host.crt'],
    [`${name}.key`, 'host.key'],
  ]) {
    const { stdout } = await server.run('cat', [`${DIRECTORY}/${from}`]);
    await machine.writeFile(`${DIRECTORY}/${to}`, stdout);
  }
  await machine.writeFile(`${DIRECTORY}/config.yml`, text);
};

const launch = (machine: Machine): LabProcess =>
  machine.spawn('nebula', ['-config', `${DIRECTORY}/config.yml`]);

/** Starts the lighthouse. */
export const startNebulaService = async (server: Machine, publicAddress: string): Promise<NebulaService> => {
  const service = { server, publicAddress };
  await server.run('sh', [
    '-ec',
    `mkdir -p ${DIRECTORY}; cd ${DIRECTORY}; rm -f ca.*; nebula-cert ca -name bench`,
  ]);
  const own = [
    'lighthouse: { am_lighthouse: true }',
    `listen: { host: ${publicAddress}, port: ${PORT} }`,
    'relay: { am_relay: true, use_relays: true }',
  ];
  await equip(service, server, 'lighthouse', LIGHTHOUSE, config(own));
  launch(server);
  await server.waitFor({ udp: PORT });
  return service;
};

/**
 * Nothing runs before `start`. The relay is for pairs that have no other way: nebula stays on it where it gets there
 * first, and what is compared is the way past it.
 */
export const createNebula = async (
  service: NebulaService,
  pair: Pair,
  at: number,
  isDirect: boolean,
): Promise<Rival> => {
  const machines = [pair.from.machine, pair.to.machine];
  const addresses = [`10.98.0.${10 + 2 * at}`, `10.98.0.${11 + 2 * at}`];
  const text = config([
    `static_host_map: { "${LIGHTHOUSE}": ["${service.publicAddress}:${PORT}"] }`,
    `lighthouse: { interval: 10, hosts: ["${LIGHTHOUSE}"], ${OUTSIDE_ONLY} }`,
    `listen: { host: 0.0.0.0, port: ${PORT} }`,
    ...(isDirect ? [] : [`relay: { relays: ["${LIGHTHOUSE}"], use_relays: true }`]),
  ]);
  await Promise.all(
    machines.map((machine, end) => equip(service, machine, `n${at}x${end}`, addresses[end]!, text)),
  );
  let processes: LabProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
    processes = [];
  };
  return {
    name: 'nebula',
    address: addresses[1]!,
    async start() {
      processes = machines.map(launch);
      await Promise.all(
        processes.map((process) =>
          process.waitForOutput(/Handshake message received.*vpnIp=10\.98\.0\.1/, 20_000),
        ),
      );
    },
    // A device in which no packet has come yet: nebula makes a tunnel when there is something to send.
    runFirst: (command) =>
      runOnColdPath(
        pair.from.machine,
        {
          isCold: `ip -s link show nebula0 | awk '/RX:/ { getline; exit $1 != 0 }'`,
          isOpened: `ip -s link show nebula0 | awk '/RX:/ { getline; exit $1 == 0 }'`,
        },
        command,
      ),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
