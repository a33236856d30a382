/**
 * Machines that are not as they should be: mistakes in the configuration, programs that are missing or too old, a disk
 * without room. The agent runs, says what is wrong, and nothing is half done.
 *
 *   broker 203.0.113.10 ---------- internet ---------- NAT ---------- board 192.168.1.2
 */
import { type Home, type Machine, requireLab } from '@sidegate/lab';
import type { EdgeStatus, PortalNode } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type PathSite } from './paths-site.ts';

const STATE = '/var/lib/sidegate';

describe.skipIf(await requireLab())('a machine that is not as it should be', () => {
  let site: PathSite;
  let home: Home;
  let machines = 0;
  beforeAll(async () => {
    site = await createPathSite();
    home = await site.lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
  }, 60_000);
  afterAll(() => site?.[Symbol.asyncDispose]());

  const addMachine = () => home.addMachine(`board-${++machines}`, { address: `192.168.1.${machines + 1}` });
  /** Puts a script where the machine has a program; `$0.real` is what was there. */
  const replaceProgram = async (machine: Machine, name: string, script: string) => {
    const path = (await machine.run('sh', ['-c', `readlink -f "$(command -v ${name})"`])).stdout.trim();
    await machine.run('cp', [path, `/run/${name}.real`]);
    await machine.writeFile(`/run/${name}`, `#!/bin/sh\n${script}\n`);
    await machine.run('chmod', ['755', `/run/${name}`]);
    await machine.run('mount', ['--bind', `/run/${name}`, path]);
  };
  /** Starts an agent; it answers before its plugins run. */
  const start = async (name: string, machine: Machine, config?: Readonly<Record<string, unknown>>) => {
    const agent = await site.start(name, machine, config);
    const isSettled = async () => {
      const { plugins } = await agent.status();
      return plugins.length > 0 && plugins.every(({ state }) => state !== 'stopped');
    };
    await machine.waitFor(isSettled, 20_000);
    return agent;
  };
  const fill = (machine: Machine) =>
    machine.run('sh', ['-c', `cat /dev/zero >${STATE}/filler`], { reject: false });
  const warningsOf = ({ health }: EdgeStatus) =>
    health.map(({ code, source, hint }) => `${source} ${code}: ${hint}`).join('\n');
  const hasInterface = async (machine: Machine) =>
    (await machine.run('ip', ['link', 'show', 'sg0'], { reject: false })).exitCode === 0;

  test('a configuration with mistakes or of a newer version: each is named, and the rest counts', async () => {
    await using machine = await addMachine();
    const agent = await start('config', machine, {
      mesh: { listenPort: '41820', quantumSafe: true },
      web: { theme: 'dark' },
      teleport: {},
    });
    const said = warningsOf(await agent.status());
    expect(said).toContain('mesh config-invalid: listenPort: Invalid type');
    expect(said).toContain('there is no option quantumSafe; it is ignored');
    expect(said).toContain('web config-invalid: there is no option theme; it is ignored');
    expect(said).toContain('there is no plugin for section teleport');
    expect((await agent.status()).plugins.filter(({ state }) => state !== 'running')).toEqual([]);
    await agent.agent.kill();
    await machine.writeFile('/etc/sidegate/config.json', '{ "core": { ');
    await agent.agent.start();
    expect(warningsOf(await agent.status())).toContain('it is not JSON');
  });

  test('no room for its state: it does not join and does not change, says why, and works once there is room', async () => {
    await using machine = await addMachine();
    await machine.run('mkdir', ['-p', STATE]);
    await machine.run('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'state', STATE]);
    const agent = await start('full', machine);
    await fill(machine);
    const [file, args] = agent.command('up', ...site.enrolment('full'));
    const refused = await machine.run(file, args, { reject: false });
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('Make room on the disk')]);
    expect(await site.askPortal<PortalNode[]>('GET', '/nodes')).toEqual([]);
    expect(await hasInterface(machine)).toBe(false);
    await machine.run('rm', [`${STATE}/filler`]);
    await machine.run(file, [...args, '--wait'], { timeoutMs: 60_000 });

    await fill(machine);
    const [, down] = agent.command('down');
    const kept = await machine.run(file, down, { reject: false });
    expect([kept.exitCode, kept.stderr]).toEqual([1, expect.stringContaining('Make room on the disk')]);
    await agent.agent.kill();
    await agent.agent.start();
    await machine.waitFor(async () => (await agent.status()).state === 'up', 20_000);
  });

  test.concurrent('an nft that was built without JSON: nothing is published, and it says so', async () => {
    await using machine = await addMachine();
    const refusal = 'echo "JSON support not compiled-in" >&2; exit 1';
    await replaceProgram(machine, 'nft', `case "$*" in *-j*) ${refusal} ;; esac\nexec /run/nft.real "$@"`);
    const agent = await start('no-json', machine);
    const { plugins, health } = await agent.status();
    expect(plugins).toContainEqual(
      expect.objectContaining({
        name: 'forwarding',
        state: 'skipped',
        detail: expect.stringContaining('JSON'),
      }),
    );
    expect(health).toContainEqual(expect.objectContaining({ code: 'plugin-skipped', source: 'forwarding' }));
    const [file, args] = agent.command('doctor');
    const { stdout } = await machine.run(file, args, { reject: false });
    expect(stdout).toContain('an nft without JSON does not do');
  });

  test.concurrent('a kernel without address translation: no table, and what is missing', async () => {
    await using machine = await addMachine();
    const refusal = 'echo "Error: Could not process rule: No such file or directory" >&2; exit 1';
    // As a kernel without nft_masq does it: only the transaction that needs the module fails.
    const script = `case "$*" in *-f*) cat >/run/rules; grep -q masquerade /run/rules && { ${refusal}; }
      exec /run/nft.real "$@" </run/rules ;; esac\nexec /run/nft.real "$@"`;
    await replaceProgram(machine, 'nft', script);
    const agent = await start('no-nat', machine);
    const [file, args] = agent.command('up', ...site.enrolment('no-nat'));
    await machine.run(file, args, { timeoutMs: 60_000, reject: false });
    await machine.waitFor(async () => warningsOf(await agent.status()).includes('firewall-failed'), 20_000);
    expect(warningsOf(await agent.status())).toMatch(/firewall-failed: .*kmod-nft-nat/);
    expect((await machine.run('nft', ['list', 'tables'])).stdout).not.toContain('sidegate');
    const { stdout } = await machine.run(...agent.command('doctor'), { reject: false });
    expect(stdout).toContain('The kernel cannot translate addresses');
  });

  test.concurrent('no WireGuard, neither in the kernel nor as a program: no interface, and what to install', async () => {
    await using machine = await addMachine();
    await replaceProgram(machine, 'wireguard-go', 'exit 1');
    const agent = await start('no-wireguard', machine);
    const [file, args] = agent.command('up', ...site.enrolment('no-wireguard'));
    await machine.run(file, args, { timeoutMs: 60_000 });
    expect(warningsOf(await agent.status())).toMatch(/tunnel-failed: .*Install the wireguard kernel module/);
    expect(await hasInterface(machine)).toBe(false);
  });
});
