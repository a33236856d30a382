/**
 * A computer of the lab: private network, processes, host name, /etc, /run and /var/lib; the rest of the file system
 * is the host's. Files of the machine are reached from outside through `path()`, processes by `run` and `spawn`.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { systemClock } from '@sidegate/kit';
import { LabError } from './errors.ts';
import type { Holder, NetworkKnobs } from './holder.ts';
import { LabProcess, type RunOptions, type RunResult, runToEnd, type SpawnOptions } from './lab-process.ts';
import type { Booted } from './rack.ts';

/** A state to wait for: a TCP port listening, a UDP port bound, or whatever a function finds true. */
export type Awaited =
  | { readonly tcp: number }
  | { readonly udp: number }
  | (() => boolean | Promise<boolean>);

/** Forwarding between interfaces, as routers have it, on top of what every machine gets. */
export const ROUTER_KNOBS: NetworkKnobs = {
  'ipv4/ip_forward': 1,
  'ipv6/conf/all/forwarding': 1,
  'ipv4/conf/all/send_redirects': 0,
  'ipv4/conf/default/send_redirects': 0,
  // Frames between two ports of the LAN bridge are not the firewall's business.
  'bridge/bridge-nf-call-iptables': 0,
  'bridge/bridge-nf-call-ip6tables': 0,
  'bridge/bridge-nf-call-arptables': 0,
};

const POLL_MS = 10;

/** A computer; see the top of this file. */
export class Machine implements AsyncDisposable {
  /** Its host name. */
  readonly name: string;
  /** Where it stands and what it is called, such as `alder/camera`; unique in the lab. */
  readonly id: string;
  readonly #holder: Holder;

  constructor({ id, name, holder }: Booted) {
    this.id = id;
    this.name = name;
    this.#holder = holder;
  }

  /** Process 1 of the machine, for `nsenter` and /proc. */
  get holderPid(): number {
    return this.#holder.pid;
  }

  /** Arguments that make `nsenter` run a command inside. */
  get nsenterArgs(): string[] {
    return ['--target', String(this.holderPid), '--net', '--mount', '--uts', '--pid', '--'];
  }

  /** Resolves when the machine is off. */
  get ended(): Promise<void> {
    return this.#holder.ended;
  }

  /** Runs a command inside to its end. */
  run(file: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return runToEnd(['nsenter', ...this.nsenterArgs], this.id, file, args, options);
  }

  /** Starts a process inside; it lives until it ends, is killed, or the machine goes. */
  spawn(file: string, args: readonly string[] = [], options: SpawnOptions = {}): LabProcess {
    const process = new LabProcess(['nsenter', ...this.nsenterArgs], file, args, options);
    // `nsenter` stands still when its program is stopped, and would for ever once the machine is gone.
    void this.ended.then(() => process.kill('SIGKILL'));
    return process;
  }

  /** The way to one of the machine's files from outside: `readFile(machine.path('/etc/hosts'))`. */
  path(inside: string): string {
    return `/proc/${this.holderPid}/root${inside}`;
  }

  /** Writes one of the machine's files, in a directory that exists. */
  async writeFile(inside: string, text: string): Promise<void> {
    await writeFile(this.path(inside), text);
  }

  /** The first IPv4 address of an interface, such as one got by DHCP. */
  async address(ifName = 'eth0'): Promise<string | undefined> {
    const { stdout } = await this.run('ip', ['-json', '-4', 'address', 'show', 'dev', ifName]);
    const [link] = JSON.parse(stdout) as { readonly addr_info?: readonly { readonly local: string }[] }[];
    return link?.addr_info?.[0]?.local;
  }

  /** Runs `ip` commands, one a line, in one go. */
  async configure(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** Is something bound to the port, on any address? */
  isListening(protocol: 'tcp' | 'udp', port: number): boolean {
    const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    return [protocol, `${protocol}6`].some((table) =>
      readFileSync(`/proc/${this.holderPid}/net/${table}`, 'utf8')
        .split('\n')
        .slice(1)
        .map((row) => row.trim().split(/\s+/))
        // States of include/net/tcp_states.h: 0A listens, 07 is a UDP socket that is bound and not connected.
        .some(
          ([, local, , state]) => local?.endsWith(suffix) && state === (protocol === 'tcp' ? '0A' : '07'),
        ),
    );
  }

  /** Waits on a state; rejects with LAB_TIMEOUT when it does not come. */
  async waitFor(state: Awaited, timeoutMs = 5_000): Promise<void> {
    const isReached = async () => {
      if (typeof state === 'function') return await state();
      return 'tcp' in state ? this.isListening('tcp', state.tcp) : this.isListening('udp', state.udp);
    };
    const deadline = systemClock.monoMs() + timeoutMs;
    while (!(await isReached())) {
      if (systemClock.monoMs() > deadline) {
        const what = typeof state === 'function' ? state.toString() : JSON.stringify(state);
        throw new LabError('LAB_TIMEOUT', `wait ${timeoutMs} ms on ${this.id} for ${what}`);
      }
      await systemClock.sleep(POLL_MS);
    }
  }

  /** Pulls the plug: every process inside is killed, its links vanish. */
  async powerOff(): Promise<void> {
    await this.#holder[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
  }
}
