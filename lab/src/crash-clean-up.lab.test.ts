import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLab, requireLab } from './index.ts';
import { runToEnd } from './lab-process.ts';

type Kind = 'net' | 'mnt' | 'pid';

/** Namespace ids, such as `net:[4026532000]`, of one process. */
const namespaceOf = (pid: number | string, kind: Kind): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
};

/** Every process of this machine that lives in one of the namespaces. */
const processesIn = (namespaces: ReadonlySet<string>): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) =>
      (['net', 'mnt', 'pid'] as const).some((kind) => namespaces.has(namespaceOf(pid, kind) ?? '')),
    );

const hostMounts = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => /sidegate-lab|nsfs/.test(line));
const hostLinks = async () => {
  const { stdout } = await runToEnd([], 'the host', 'ip', ['-oneline', 'link']);
  return stdout.split('\n').map((line) => line.split(':')[1]);
};

const startDoomedLab = async () => {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'testing/doomed-lab.ts')], {
    // It ends with its standard input, should this test fail before it kills it.
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { child, ...(JSON.parse(line) as { directory: string; holders: number[] }) };
};

describe.skipIf(await requireLab())('a lab that is killed', () => {
  it('leaves no process, namespace, link or mount, and its directory to the next lab', async () => {
    const before = { links: await hostLinks(), mounts: hostMounts() };
    const { child, directory, holders } = await startDoomedLab();
    onTestFinished(() => void child.kill('SIGKILL'));
    const kinds = ['net', 'mnt', 'pid'] as const;
    const namespaces = new Set(holders.flatMap((pid) => kinds.map((kind) => namespaceOf(pid, kind)!)));
    expect(namespaces.size).toBe(holders.length * kinds.length);
    const alive = await vi.waitFor(() => {
      const pids = processesIn(namespaces);
      const names = pids.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      expect(names).toEqual(
        expect.arrayContaining(['wireguard-go', 'avahi-daemon', 'dnsmasq', 'dropbear', 'sleep']),
      );
      return pids;
    });

    child.kill('SIGKILL');
    await once(child, 'exit');
    await vi.waitFor(
      () => {
        expect(processesIn(namespaces)).toEqual([]);
        expect(alive.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
      },
      { timeout: 5_000, interval: 20 },
    );
    expect(hostMounts()).toEqual(before.mounts);
    expect(await hostLinks()).toEqual(before.links);
    const { stdout } = await runToEnd([], 'the host', 'lsns', ['--noheadings', '--output', 'NS', '--list']);
    const left = new Set(stdout.split('\n').map((id) => id.trim()));
    for (const namespace of namespaces) expect(left.has(/\d+/.exec(namespace)![0])).toBe(false);

    expect(existsSync(directory)).toBe(true);
    await using _next = await createLab();
    expect(existsSync(directory)).toBe(false);
  });
});
