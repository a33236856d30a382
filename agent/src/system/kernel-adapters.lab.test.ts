/**
 * The adapters against the real kernel and the real programs, in a machine of the lab.
 *
 *   board 192.168.1.2 ── lan ── router
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, silentLogger, systemClock } from '@sidegate/kit';
import { createLab, type Home, type Lab, type Machine, requireLab } from '@sidegate/lab';
import type { Endpoint, Ip, Ip4, Ip6, PublicKey } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFirewall } from '../platform/contract/describe-firewall.ts';
import { describeLinks } from '../platform/contract/describe-links.ts';
import { describeResolver } from '../platform/contract/describe-resolver.ts';
import { describeSysctl } from '../platform/contract/describe-sysctl.ts';
import { describeTunnel } from '../platform/contract/describe-tunnel.ts';
import { createDebianPlatform } from '../platform/debian.ts';
import type { IfName, Ruleset, TunnelConfig } from '../ports/index.ts';
import { renderWgSet } from '../tunnel/render-wg-set.ts';
import { parseIpRoutes } from './ip-json.ts';

const { signal } = new AbortController();
const SG0 = 'sg0' as IfName;
const CONFIG: TunnelConfig = {
  interfaceName: SG0,
  privateKey: new Secret('oNXubZXk10sBZgtpvGpofFSeZKygE05woyiLJ711KF4='),
  listenPort: 41_820,
  mtuBytes: 1280,
  address4: '100.64.0.1' as Ip4,
  address6: 'fd00::1' as Ip6,
};
const PEER = {
  publicKey: 'CtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=' as PublicKey,
  endpoint: '192.168.1.9:40001' as Endpoint,
  allowedIps: ['100.64.0.2/32', 'fd00::2/128'],
  keepaliveSec: 25,
};

describe.skipIf(await requireLab())('on the real kernel', () => {
  let lab: Lab;
  let home: Home;
  let boards = 0;
  beforeAll(async () => {
    lab = await createLab();
    home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  const platformOf = (machine: Machine) =>
    createDebianPlatform({
      prefix: ['nsenter', ...machine.nsenterArgs],
      paths: {
        stateDir: join(machine.path('/var/lib'), 'sidegate'),
        runtimeDir: join(machine.path('/run'), 'sidegate'),
        configFile: machine.path('/etc/sidegate/config.json'),
      },
      hostsFile: machine.path('/etc/hosts'),
      netDevPath: `/proc/${machine.holderPid}/net/dev`,
      log: silentLogger,
      clock: systemClock,
    });
  /** A board fresh from the box; the plug is pulled at the end. */
  const openBoard = async () => {
    const machine = await home.addMachine(`board-${++boards}`, { address: '192.168.1.2' });
    const platform = await platformOf(machine);
    return { machine, platform, ...platform.ports, [Symbol.asyncDispose]: () => machine.powerOff() };
  };

  describeTunnel('wireguard', async () => {
    const board = await openBoard();
    const routes = async () => {
      const lists = ['-4', '-6'].map((family) =>
        board.machine.run('ip', ['-j', family, 'route', 'show', 'dev', SG0, 'proto', '83']),
      );
      return (await Promise.all(lists)).flatMap(({ stdout }) =>
        parseIpRoutes(stdout, 4, SG0).map(({ destination }) => destination),
      );
    };
    return { ...board, interfaceName: SG0, routes };
  });
  describeFirewall('nftables', async () => {
    const board = await openBoard();
    return {
      ...board,
      flush: async () => void (await board.machine.run('nft', ['flush', 'ruleset'])),
      count: async () => void (await board.machine.run('ping', ['-c', '1', '127.0.0.1'])),
    };
  });
  describeResolver('/etc/hosts', async () => {
    const board = await openBoard();
    const lookUp = async (name: string) => {
      const { stdout } = await board.machine.run('sh', ['-c', 'getent ahostsv4 "$1" || true', 'sh', name]);
      return stdout.split(/\s/)[0] || undefined;
    };
    return { ...board, lookUp };
  });
  describeSysctl('/proc/sys', async () => {
    const board = await openBoard();
    const words = 'net.ipv4.ip_forward';
    return {
      ...board,
      isForwarding: async () => (await board.machine.run('sysctl', ['-n', words])).stdout.trim() === '1',
      setForwarding: async (isOn: boolean) => {
        await board.machine.run('sysctl', ['-w', `${words}=${isOn ? 1 : 0}`]);
      },
    };
  });
  describeLinks('iproute2', async () => {
    const board = await openBoard();
    const neighbour = 'neigh replace 192.168.1.9 lladdr 02:00:00:00:00:09 dev eth0';
    await board.machine.configure([neighbour]);
    let isThere = false;
    const addAddress = async () => {
      await board.machine.configure([`address ${isThere ? 'del' : 'add'} 192.168.1.3/24 dev eth0`]);
      await board.machine.configure(isThere ? ['address add 192.168.1.3/24 dev eth0'] : []);
      isThere = true;
    };
    return { ...board, addAddress };
  });

  it('adopts a tunnel after a crash without touching it, and moves it to a new port', async () => {
    await using board = await openBoard();
    const { tunnel } = board;
    await tunnel.ensure(CONFIG, signal);
    await tunnel.change(SG0, [{ kind: 'set', peer: PEER }], signal);
    const indexOf = async () =>
      (await board.machine.run('cat', [`/sys/class/net/${SG0}/ifindex`])).stdout.trim();
    const before = await indexOf();
    const next = await platformOf(board.machine);
    expect(await next.ports.tunnel.ensure(CONFIG, signal)).toEqual({ kind: 'userspace' });
    await next.ports.tunnel.ensure({ ...CONFIG, listenPort: 41_821, mtuBytes: 1300 }, signal);
    expect(await indexOf()).toBe(before);
    expect(await next.ports.tunnel.read(SG0, signal)).toMatchObject([PEER]);
    expect((await board.machine.run('wg', ['show', SG0, 'listen-port'])).stdout).toBe('41821\n');
    expect(board.machine.isListening('udp', 41_821)).toBe(true);
  });

  it('gives the interface exactly our addresses, and sends nothing of the key to any list of processes', async () => {
    await using board = await openBoard();
    await board.tunnel.ensure(CONFIG, signal);
    await board.tunnel.ensure({ ...CONFIG, address4: '100.64.0.9' as Ip4 }, signal);
    const links = await board.links.readLinks(signal);
    const sg0 = links.find(({ name }) => name === SG0);
    expect(sg0?.addresses4).toEqual(['100.64.0.9/32']);
    expect(sg0?.addresses6.filter((cidr) => !cidr.startsWith('fe80'))).toEqual(['fd00::1/128']);
    expect(sg0?.isUp).toBe(true);
    const argv = renderWgSet(SG0, [{ kind: 'set', peer: PEER }]).flat();
    expect(argv).not.toContain(CONFIG.privateKey.reveal());
  });

  it('refuses an interface of somebody else, and a port that is taken', async () => {
    await using board = await openBoard();
    await board.machine.configure([`link add name ${SG0} type bridge`]);
    await expect(board.tunnel.ensure(CONFIG, signal)).rejects.toMatchObject({ code: 'TUNNEL_NAME_TAKEN' });
    await board.machine.configure([`link delete dev ${SG0}`]);
    const taken = board.machine.spawn('socat', ['-u', 'UDP4-RECV:41820', 'STDOUT']);
    await board.machine.waitFor({ udp: 41_820 });
    await expect(board.tunnel.ensure(CONFIG, signal)).rejects.toMatchObject({ code: 'TUNNEL_PORT_IN_USE' });
    await taken[Symbol.asyncDispose]();
    await board.tunnel.ensure(CONFIG, signal);
  });

  it('takes back after a crash all that a dead agent had changed', async () => {
    await using board = await openBoard();
    const state = async () => {
      const hosts = await readFile(board.machine.path('/etc/hosts'), 'utf8');
      const texts = await Promise.all([
        board.machine.run('ip', ['-o', 'link', 'show']),
        board.machine.run('ip', ['route', 'show', 'table', 'all']),
        board.machine.run('nft', ['list', 'ruleset']),
        board.machine.run('sysctl', ['net.ipv4.ip_forward']),
      ]);
      return [hosts, ...texts.map(({ stdout }) => stdout)];
    };
    const before = await state();
    await board.sysctl.ensureForwarding(signal);
    await board.resolver.apply([{ name: 'home.sidegate.internal', address: '100.64.0.1' as Ip }], signal);
    await board.firewall.apply({ objects: [{ table: { family: 'inet', name: 'sidegate' } }] }, signal);
    await board.tunnel.ensure(CONFIG, signal);
    await board.tunnel.ensureRoutes(SG0, ['100.64.0.2/32'], signal);
    expect(await state()).not.toEqual(before);
    const next = await platformOf(board.machine);
    await next.undoChanges();
    expect(await state()).toEqual(before);
    await next.undoChanges();
    await board.machine.waitFor(async () => {
      const { stdout } = await board.machine.run('ps', ['-e', '-o', 'stat=,comm=']);
      return !stdout.split('\n').some((line) => line.includes('wireguard-go') && !line.startsWith('Z'));
    });
    expect((await board.machine.run('ls', ['/var/lib/sidegate'])).stdout).toBe('');
  });

  it('writes a hosts file that is a mount of its own', async () => {
    await using board = await openBoard();
    const { machine } = board;
    await machine.writeFile('/run/hosts', '127.0.0.1 localhost\n');
    await machine.run('mount', ['--bind', '/run/hosts', '/etc/hosts']);
    // Inside, because a mount point is one only to those who see the mount.
    const script = `
      const { createHostsResolver } = await import(${JSON.stringify(join(import.meta.dirname, 'hosts-resolver.ts'))});
      const record = { async note() {}, async forget() {} };
      const resolver = createHostsResolver(record);
      const names = [{ name: 'home.sidegate.internal', address: '100.64.0.1' }];
      if (process.argv[1] === 'apply') await resolver.apply(names, new AbortController().signal);
      else await resolver.remove();`;
    const call = (what: string) =>
      machine.run(process.execPath, ['--input-type=module', '-e', script, '--', what]);
    await call('apply');
    expect(await readFile(machine.path('/run/hosts'), 'utf8')).toContain(
      '100.64.0.1 home.sidegate.internal\n',
    );
    await call('remove');
    expect(await readFile(machine.path('/run/hosts'), 'utf8')).toBe('127.0.0.1 localhost\n');
  });

  it('loses no count while the table is replaced again and again', async () => {
    await using board = await openBoard();
    const { machine, firewall } = board;
    const inTable = { family: 'inet', table: 'sidegate' } as const;
    const source = { payload: { protocol: 'ip', field: 'saddr' } };
    const isEcho = {
      match: { op: '==', left: { payload: { protocol: 'icmp', field: 'type' } }, right: 'echo-request' },
    };
    const rulesetOf = (turn: number): Ruleset => ({
      objects: [
        { table: { family: 'inet', name: 'sidegate' } },
        ...['seen', 'mapped'].map((name) => ({ counter: { ...inTable, name } })),
        {
          map: {
            ...inTable,
            name: 'by_source',
            type: 'ipv4_addr',
            map: 'counter',
            elem: [['127.0.0.1', 'mapped']],
          },
        },
        { chain: { ...inTable, name: 'door', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
        // Another frame each time: elements alone would be changed in place.
        { chain: { ...inTable, name: `turn_${turn}` } },
        ...['seen', { map: { key: source, data: '@by_source' } }].map((counter) => ({
          rule: { ...inTable, chain: 'door', expr: [isEcho, { counter }] },
        })),
      ],
    });
    await firewall.apply(rulesetOf(0), signal);
    // Nobody touches the witness.
    const witness = [
      'table ip witness {',
      'counter seen { }',
      'chain door {',
      'type filter hook input priority 1',
    ];
    const rule = ['icmp type echo-request counter name seen', '}', '}'];
    await machine.run('nft', ['-f', '-'], { input: `${[...witness, ...rule].join('\n')}\n` });
    const flood = machine.spawn('ping', ['-f', '-q', '127.0.0.1']);
    for (let turn = 1; turn <= 40; turn++) await firewall.apply(rulesetOf(turn), signal);
    flood.kill('SIGINT');
    await flood.exited;
    const readWitness = async () => {
      const { stdout } = await machine.run('nft', ['list', 'counter', 'ip', 'witness', 'seen']);
      return Number(/packets (\d+)/.exec(stdout)?.[1]);
    };
    // The last pings may still be on their way.
    let packets = 0;
    await machine.waitFor(async () => {
      const before = packets;
      packets = await readWitness();
      return packets === before;
    });
    expect(packets).toBeGreaterThan(1_000);
    const counts = await firewall.readCounters(signal);
    expect([counts.get('seen')?.packets, counts.get('mapped')?.packets]).toEqual([packets, packets]);
  });

  it('cuts translated connections of a port and no others', async () => {
    await using board = await openBoard();
    const { machine } = board;
    const rules = [
      'table ip t {',
      'chain pre { type nat hook output priority -100',
      'ip daddr 192.0.2.9 tcp dport 8001 dnat to 127.0.0.1:9000',
      '}',
      'chain count { type filter hook input priority 0',
      'ct state established',
      '}',
      '}',
    ];
    await machine.run('nft', ['-f', '-'], { input: `${rules.join('\n')}\n` });
    await machine.configure(['route add 192.0.2.9/32 dev lo']);
    machine.spawn('socat', ['TCP4-LISTEN:9000,fork,reuseaddr', 'PIPE']);
    machine.spawn('socat', ['TCP4-LISTEN:8001,fork,reuseaddr', 'PIPE']);
    await machine.waitFor({ tcp: 9000 });
    await machine.waitFor({ tcp: 8001 });
    machine.spawn('socat', ['STDIO', 'TCP4:192.0.2.9:8001'], { stdin: 'pipe' });
    machine.spawn('socat', ['STDIO', 'TCP4:127.0.0.1:8001'], { stdin: 'pipe' });
    const established = async () => {
      const { stdout } = await machine.run('conntrack', ['-L', '-p', 'tcp', '--state', 'ESTABLISHED']);
      return stdout.split('\n').filter((line) => line.includes('dport=8001')).length;
    };
    await machine.waitFor(async () => (await established()) === 2);
    await board.firewall.cutConnections([{ protocol: 'tcp', port: 8001 }], signal);
    expect(await established()).toBe(1);
  });
});
