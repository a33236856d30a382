/**
 * The internet of the lab: one core router; servers on 203.0.113.0/24 (RFC 5737) and 2001:db8:203::/64 with names under `.example`; homes
 * and carriers as customers. The core filters nothing and translates nothing, so no private address crosses it unless
 * a home has no NAT.
 */
import { join } from 'node:path';
import { AccessNetwork, PROVIDER_KNOBS } from './access-network.ts';
import { isIp6 } from './addresses.ts';
import { NAMES_PATH, startDnsmasq } from './dnsmasq.ts';
import { bridgeLines } from './links.ts';
import { macOf } from './mac.ts';
import { Machine } from './machine.ts';
import { expandNat, type NatBehaviour, type NatPreset } from './nat.ts';
import type { Rack } from './rack.ts';
import { Router } from './router.ts';
import { Segment } from './segment.ts';

/** Where the lab's public servers live. */
export const SERVER_NETWORK = '203.0.113.0/24';
/** And over IPv6 (RFC 3849). */
export const SERVER_NETWORK6 = '2001:db8:203::/64';

/** A server on the internet. */
export interface ServerOptions {
  /** At least one, out of 203.0.113.0/24 or 2001:db8:203::/64; its name stands for the first of each family. */
  readonly addresses: readonly string[];
}

/** See the top of this file. */
export class Internet extends AccessNetwork {
  readonly servers: Segment;
  readonly #rack: Rack;

  private constructor(rack: Rack, core: Machine) {
    super(core);
    this.#rack = rack;
    this.servers = new Segment(core, 'srv0', SERVER_NETWORK, { prefix6: SERVER_NETWORK6 });
  }

  /** Boots the core. */
  static async start(rack: Rack): Promise<Internet> {
    const core = new Machine(await rack.boot('internet', { knobs: PROVIDER_KNOBS }));
    const internet = new Internet(rack, core);
    const { ifName, gatewayCidrs } = internet.servers;
    await core.configure(bridgeLines(ifName, macOf('tp-link', 'internet'), gatewayCidrs));
    await startDnsmasq(core, [`listen-address=${internet.resolver}`, 'local=/example/']);
    return internet;
  }

  /** The resolver for everybody. */
  get resolver(): string {
    return this.servers.gateway;
  }

  /** Boots a server; others find it as `<name>.example`. */
  async addServer(name: string, { addresses }: ServerOptions): Promise<Machine> {
    const server = new Machine(await this.#rack.boot(name));
    await this.servers.plug(server, { addresses, ifName: 'eth0' });
    const firsts = [addresses.find((address) => !isIp6(address)), addresses.find(isIp6)];
    await this.addName(`${name}.example`, ...firsts.filter((address) => address !== undefined));
    return server;
  }

  /** Publishes a name. */
  async addName(name: string, ...addresses: readonly string[]): Promise<void> {
    const lines = addresses.map((address) => `${address} ${name}\n`);
    await this.router.writeFile(join(NAMES_PATH, name), lines.join(''));
  }
}

/** A carrier between homes and the internet, who translates for all of them. */
export interface CarrierOptions {
  /** Its public address. */
  readonly wan: string;
  /** `carrier` where not given. */
  readonly nat?: NatPreset | NatBehaviour;
  /** Where its customers' addresses are from: 100.64.0.0/10 (RFC 6598) where not given. */
  readonly inside?: string;
}

/** A carrier-grade NAT. */
export class Carrier extends AccessNetwork {
  declare readonly router: Router;

  /** Boots the carrier's router. */
  static async start(
    rack: Rack,
    internet: Internet,
    name: string,
    options: CarrierOptions,
  ): Promise<Carrier> {
    const nat = expandNat(options.nat ?? 'carrier');
    const router = new Router(await rack.boot(name, { knobs: PROVIDER_KNOBS }), {
      nat,
      inside: [options.inside ?? '100.64.0.0/10'],
    });
    await router.useUplink(await internet.attach(router, { address: options.wan }));
    return new Carrier(router);
  }

  override publicAddressOf(): string {
    return this.router.uplink.address;
  }
}
