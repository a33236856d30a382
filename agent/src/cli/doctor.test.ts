import type { EdgeStatus } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import { AgentError } from '../errors.ts';
import { parseNftRuleset } from '../forwarding/rules/foreign-firewalls.ts';
import type { Run } from '../ports/index.ts';
import type { Finding } from './doctor/finding.ts';
import { judgeClock } from './doctor/judge-clock.ts';
import { judgeForeignFirewalls } from './doctor/judge-firewalls.ts';
import { judgeRoutes } from './doctor/route-conflicts.ts';
import { NOW_MS, openFakeDaemon } from './testing/fake-daemon.ts';
import { FORWARD, NOT_ENROLLED, STATUS } from './testing/samples.ts';

const NODE = STATUS.node as NonNullable<EdgeStatus['node']>;
const chain = (table: string, name: string, hook?: string, policy?: string) => ({
  chain: {
    family: 'ip',
    table,
    name,
    handle: 1,
    ...(hook === undefined ? {} : { type: 'filter', hook, prio: 0, policy }),
  },
});
const accept = (table: string, name: string, interfaceName: string) => ({
  rule: {
    family: 'ip',
    table,
    chain: name,
    handle: 2,
    expr: [
      { match: { op: '==', left: { meta: { key: 'iifname' } }, right: interfaceName } },
      { accept: null },
    ],
  },
});
const ruleset = (...objects: unknown[]): string =>
  JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...objects] });
const judge = (...objects: unknown[]) =>
  judgeForeignFirewalls(parseNftRuleset(ruleset(...objects)) ?? [], 'sg0');

describe('judgeForeignFirewalls', () => {
  test('nothing there, and policies that accept, are fine', () => {
    expect(judge().map(({ level }) => level)).toEqual(['ok']);
    expect(judge(chain('filter', 'FORWARD', 'forward', 'accept')).map(({ level }) => level)).toEqual(['ok']);
  });

  test('our own table is not foreign', () => {
    expect(judge(chain('sidegate', 'forward', 'forward', 'drop')).map(({ level }) => level)).toEqual(['ok']);
  });

  test.each([
    [
      'docker',
      [chain('filter', 'FORWARD', 'forward', 'drop'), chain('filter', 'DOCKER-USER')],
      'iptables -I DOCKER-USER -i sg0 -j ACCEPT',
    ],
    [
      'ufw',
      [chain('filter', 'FORWARD', 'forward', 'drop'), chain('filter', 'ufw-user-forward')],
      'ufw route allow in on sg0',
    ],
    [
      'firewalld',
      [chain('firewalld', 'filter_FORWARD', 'forward', 'drop')],
      'firewall-cmd --permanent --zone=trusted --add-interface=sg0',
    ],
    ['fw4', [chain('fw4', 'forward', 'forward', 'drop')], 'firewall zone'],
    ['', [chain('filter', 'FORWARD', 'forward', 'drop')], 'iptables -I FORWARD -i sg0 -j ACCEPT'],
  ])('%s that drops forwarded packets is named, with the way out', (owner, objects, hint) => {
    const [finding] = judge(...objects);
    expect(finding?.level).toBe('warn');
    expect(finding?.title).toContain(owner);
    expect(finding?.hint).toContain(hint);
  });

  test('an exception for our interface settles it; one for another does not', () => {
    const drop = chain('filter', 'FORWARD', 'forward', 'drop');
    expect(judge(drop, accept('filter', 'FORWARD', 'sg0'))[0]?.level).toBe('ok');
    expect(judge(drop, accept('filter', 'FORWARD', 'docker0'))[0]?.level).toBe('warn');
    expect(judge(drop, accept('other', 'FORWARD', 'sg0'))[0]?.level).toBe('warn');
  });

  test('a last rule that refuses everything is as good as a policy, and a chain that ours is led to an exception', () => {
    const closed = {
      rule: { family: 'inet', table: 'firewalld', chain: 'filter_FORWARD', expr: [{ reject: null }] },
    };
    const trusted = (verdict: string) => [
      {
        rule: {
          family: 'inet',
          table: 'firewalld',
          chain: 'filter_FORWARD_ZONES',
          expr: [{ match: { right: 'sg0' } }, { goto: { target: 'filter_FWD_trusted' } }],
        },
      },
      {
        rule: {
          family: 'inet',
          table: 'firewalld',
          chain: 'filter_FWD_trusted',
          expr: [{ counter: {} }, { [verdict]: null }],
        },
      },
    ];
    const base = {
      chain: {
        family: 'inet',
        table: 'firewalld',
        name: 'filter_FORWARD',
        hook: 'forward',
        policy: 'accept',
      },
    };
    expect(judge(base, closed)[0]?.title).toContain('firewalld');
    expect(judge(base, ...trusted('accept'), closed)[0]?.level).toBe('ok');
    expect(judge(base, ...trusted('reject'), closed)[0]?.level).toBe('warn');
    expect(judge(base)[0]?.level).toBe('ok');
    const translated = {
      rule: {
        ...closed.rule,
        expr: [{ match: { op: 'in', left: { ct: { key: 'status' } }, right: 'dnat' } }, { accept: null }],
      },
    };
    expect(judge(base, translated, closed)[0]?.level).toBe('ok');
    expect(judge({ chain: { ...base.chain, hook: 'input' } }, translated, closed)[0]?.level).toBe('warn');
  });

  test('text that is no ruleset is told apart from an empty one', () => {
    expect(parseNftRuleset('')).toBeUndefined();
    expect(parseNftRuleset('{"nftables":{}}')).toBeUndefined();
    expect(parseNftRuleset(ruleset())).toHaveLength(1);
  });
});

describe('judgeRoutes', () => {
  const routes = (...pairs: [string, string][]) => pairs.map(([dst, dev]) => ({ dst, dev }));

  test('our own peers and the default route are fine', () => {
    expect(
      judgeRoutes(routes(['default', 'eth0'], ['100.64.0.2', 'sg0'], ['192.168.1.0/24', 'eth0']), NODE, 'sg0')
        .level,
    ).toBe('ok');
  });

  test('a stranger in the prefix is named', () => {
    const finding = judgeRoutes(routes(['100.100.100.100', 'tailscale0']), NODE, 'sg0');
    expect([finding.level, finding.title]).toEqual([
      'warn',
      expect.stringMatching(/^Tailscale has a route to 100.100.100.100/),
    ]);
    expect(judgeRoutes(routes(['100.64.0.0/10', 'wan0']), NODE, 'sg0').level).toBe('warn');
  });
});

test('judgeClock forgives a minute, warns to five, and fails beyond or in 1970', () => {
  const levels = [0, 59, 61, 299, 301].map((sec) => judgeClock(NOW_MS, NOW_MS - sec * 1000).level);
  expect(levels).toEqual(['ok', 'ok', 'warn', 'warn', 'fail']);
  expect(judgeClock(0, undefined).level).toBe('fail');
  const years = 50.01 * 365.25 * 86_400_000;
  expect(judgeClock(NOW_MS + years, NOW_MS).title).toBe("The clock is 50 y ahead of the broker's");
  expect(judgeClock(NOW_MS - years, NOW_MS).title).toBe("The clock is 50 y behind the broker's");
  expect(judgeClock(NOW_MS - 90_000, NOW_MS).title).toBe("The clock is 1 min behind the broker's");
  expect(judgeClock(NOW_MS, undefined).level).toBe('ok');
});

describe('sidegate doctor', () => {
  const VERSIONS: Readonly<Record<string, string>> = {
    ip: 'ip utility, iproute2-6.1.0, libbpf 1.1.0',
    wg: 'wireguard-tools v1.0.20210914 - https://git.zx2c4.com/wireguard-tools/',
    nft: 'nftables v1.0.6 (Lester Gooch #5)',
    'arp-scan': 'arp-scan 1.10.0',
    conntrack: 'conntrack v1.4.7 (conntrack-tools)',
  };
  const createMachine =
    (missing: readonly string[] = [], rules = ruleset()): Run =>
    async (file, args) => {
      const fail = new Error(`no ${file}`);
      if (missing.includes(file)) throw fail;
      if (file === 'nft' && args.includes('-c') && missing.includes('nft_masq'))
        throw new AgentError('COMMAND_FAILED', 'nft failed', {
          details: { stderr: '/dev/stdin:1:2-3: Error: Could not process rule: No such file or directory' },
        });
      if (file === 'nft' && args.includes('list')) return { stdout: rules, stderr: '', exitCode: 0 };
      if (file === 'ip' && args.includes('route')) return { stdout: '[]', stderr: '', exitCode: 0 };
      if (!(file in VERSIONS)) throw fail;
      return { stdout: VERSIONS[file] ?? '', stderr: '', exitCode: 0 };
    };
  const healthy = { ...STATUS, health: [] };
  const readFile = async () => '1\n';
  const answering = async () => new Response(null, { headers: { date: new Date(NOW_MS).toUTCString() } });

  test('a healthy machine gets a clean bill', async () => {
    await using daemon = await openFakeDaemon({ 'GET /status': healthy });
    const { out, exitCode } = await daemon.cli(['doctor'], {
      run: createMachine(),
      readFile,
      request: answering,
    });
    expect(exitCode).toBe(0);
    await expect(out).toMatchFileSnapshot('./golden/doctor.golden.txt');
  });

  test('every trouble is named with its way out, and fails the command', async () => {
    const sick: EdgeStatus = {
      ...STATUS,
      tunnel: { ...STATUS.tunnel!, kind: 'userspace' },
      broker: { ...STATUS.broker!, beaconReachable: false, nat: 'symmetric' },
      portMapping: { state: 'double-nat', why: 'its own address 100.64.0.2 is not a public one' },
    };
    await using daemon = await openFakeDaemon({ 'GET /status': sick, 'GET /forwards': [FORWARD] });
    const { out, exitCode } = await daemon.cli(['doctor'], {
      run: createMachine(
        ['arp-scan', 'conntrack', 'wg', 'nft_masq'],
        ruleset(chain('filter', 'FORWARD', 'forward', 'drop')),
      ),
      readFile: async () => '0\n',
      request: async () => {
        throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
      },
    });
    expect(exitCode).toBe(1);
    await expect(out).toMatchFileSnapshot('./golden/doctor-in-trouble.golden.txt');
  });

  test('a machine that has not joined is checked as far as that goes', async () => {
    await using daemon = await openFakeDaemon({ 'GET /status': NOT_ENROLLED });
    const { out, exitCode } = await daemon.cli(['doctor', '--json'], {
      run: createMachine(['modprobe']),
      readFile,
    });
    const findings = JSON.parse(out) as Finding[];
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(findings.map(({ check }) => check)).not.toContain('broker-http');
    expect(exitCode).toBe(0);
  });

  test('without a daemon the machine itself is still checked', async () => {
    await using daemon = await openFakeDaemon();
    const { out, exitCode } = await daemon.cli(['doctor', '--json'], {
      run: createMachine(),
      readFile,
      env: { SIDEGATE_RUN_DIR: '/nonexistent' },
    });
    const findings = JSON.parse(out) as Finding[];
    expect(findings[0]).toMatchObject({ check: 'daemon', level: 'fail' });
    expect(findings.map(({ check }) => check)).toContain('tool-nft');
    expect(exitCode).toBe(1);
  });
});
