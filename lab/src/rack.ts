/** Where a lab's machines are booted from, and what takes all of them down. */
import { LabError } from './errors.ts';
import { type Holder, type NetworkKnobs, startHolder } from './holder.ts';
import { openWorkDir, type WorkDir } from './work-dir.ts';

/** What a machine is born with. */
export interface BootOptions {
  /** By default the last part of its id. */
  readonly hostName?: string;
  readonly knobs?: NetworkKnobs;
}

/** A machine's namespaces, before it has a face. */
export interface Booted {
  readonly id: string;
  readonly name: string;
  readonly holder: Holder;
}

const COMMON_KNOBS: NetworkKnobs = {
  // Link-local addresses are usable at once; two machines of one lab never share a MAC address.
  'ipv6/conf/default/accept_dad': 0,
  'ipv6/conf/default/router_solicitations': 0,
};

/** See the top of this file. */
export class Rack implements AsyncDisposable {
  readonly #workDir: WorkDir = openWorkDir();
  readonly #holders: Promise<Holder>[] = [];
  readonly #ids = new Set<string>();
  #end: Promise<void> | undefined;

  /** The lab's directory. */
  get directory(): string {
    return this.#workDir.path;
  }

  /** Makes the namespaces of a machine: nothing in them but `lo`. */
  async boot(id: string, options: BootOptions = {}): Promise<Booted> {
    const name = options.hostName ?? id.split('/').at(-1)!;
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name) || this.#ids.has(id) || this.#end !== undefined) {
      throw new LabError(
        'LAB_BAD_TOPOLOGY',
        `add a machine ${JSON.stringify(id)} called ${JSON.stringify(name)}`,
      );
    }
    this.#ids.add(id);
    const start = startHolder(name, this.#workDir.create(id), { ...COMMON_KNOBS, ...options.knobs });
    this.#holders.push(start);
    return { id, name, holder: await start };
  }

  /** Kills every machine and removes the directory; again and again does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end ??= this.#takeDown();
    await this.#end;
  }

  async #takeDown(): Promise<void> {
    const started = await Promise.allSettled(this.#holders);
    await Promise.all(
      started.map((holder) =>
        holder.status === 'fulfilled' ? holder.value[Symbol.asyncDispose]() : undefined,
      ),
    );
    this.#workDir[Symbol.dispose]();
  }
}
