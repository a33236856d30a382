/**
 * The lab: an internet, homes and the devices in them out of network namespaces, all on this machine. The same lab
 * carries the demo, the tests and the benches. Everything in it ends with the process that made it (holder.ts).
 */

import { startModem } from './devices.ts';
import { LabError } from './errors.ts';
import { Home, type HomeOptions } from './home.ts';
import { Carrier, type CarrierOptions, Internet, type ServerOptions } from './internet.ts';
import type { Machine } from './machine.ts';
import { Rack } from './rack.ts';

/** A home, and who connects it: the internet itself where nothing is said. */
export interface LabHomeOptions extends HomeOptions {
  /**
   * Behind a carrier: one that homes share, where `wan` is an address out of 100.64.0.0/10, or `true` for one of its
   * own, where `wan` is the carrier's public address.
   */
  readonly cgnat?: Carrier | boolean;
}

/** How a lab is made. */
export interface LabOptions {
  /** Takes the lab down when aborted. */
  readonly signal?: AbortSignal;
}

const OWN_CARRIER_ADDRESS = '100.64.0.2';

/** See the top of this file. */
export class Lab implements AsyncDisposable {
  readonly internet: Internet;
  readonly #rack: Rack;

  constructor(rack: Rack, internet: Internet) {
    this.#rack = rack;
    this.internet = internet;
  }

  /** A directory that goes with the lab, for logs. */
  get directory(): string {
    return this.#rack.directory;
  }

  /** Boots a server on the internet, found as `<name>.example`. */
  addServer(name: string, options: ServerOptions): Promise<Machine> {
    return this.internet.addServer(name, options);
  }

  /** Builds a carrier that homes can share. */
  addCarrier(name: string, options: CarrierOptions): Promise<Carrier> {
    return Carrier.start(this.#rack, this.internet, name, options);
  }

  /**
   * Builds a cable modem that a home's router stands behind: hand it to `addHome` as `cgnat`, with a `wan` out of
   * 192.168.100.0/24. Its page is at 192.168.100.1, as the makers of cable modems agreed.
   */
  async addModem(name: string, options: Pick<CarrierOptions, 'wan'>): Promise<Carrier> {
    const inside = '192.168.100.0/24';
    const modem = await Carrier.start(this.#rack, this.internet, name, {
      ...options,
      inside,
      nat: 'port-restricted',
    });
    await startModem(modem.router);
    return modem;
  }

  /** Builds a home, connected, with nothing plugged in. */
  async addHome(name: string, { cgnat = false, ...options }: LabHomeOptions): Promise<Home> {
    if (cgnat !== false && options.lan6 !== undefined)
      throw new LabError('LAB_BAD_TOPOLOGY', `bring IPv6 to ${name} through a carrier that has none`);
    if (cgnat !== true) {
      const provider = cgnat === false ? this.internet : cgnat;
      return await Home.start(this.#rack, provider, this.internet.resolver, name, options);
    }
    const carrier = await this.addCarrier(`${name}-carrier`, { wan: options.wan });
    const behind = { ...options, wan: OWN_CARRIER_ADDRESS };
    return await Home.start(this.#rack, carrier, this.internet.resolver, name, behind);
  }

  /** Kills every machine; what they owned goes with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rack[Symbol.asyncDispose]();
  }
}

/** Makes a lab that is only an internet. `await using lab = await createLab()`. */
export const createLab = async ({ signal }: LabOptions = {}): Promise<Lab> => {
  signal?.throwIfAborted();
  const rack = new Rack();
  const takeDown = () => rack[Symbol.asyncDispose]();
  signal?.addEventListener('abort', () => void takeDown(), { once: true });
  try {
    return new Lab(rack, await Internet.start(rack));
  } catch (error) {
    await takeDown();
    throw error;
  }
};
