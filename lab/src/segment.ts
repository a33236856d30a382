/** One Ethernet segment: a bridge on a router, with machines plugged into it. */
import { hostsOf, isInCidr, networkOf } from '@sidegate/kit';
import type { Cidr4 } from '@sidegate/protocol';
import { parseAddress, parseCidr } from './addresses.ts';
import { LabError } from './errors.ts';
import { createLink } from './links.ts';
import { macOf, type Vendor } from './mac.ts';
import type { Machine } from './machine.ts';

/** How a machine is plugged in. */
export interface PlugOptions {
  /** Static addresses, the first one preferred; none for a machine that asks by DHCP. */
  readonly addresses?: readonly string[];
  /** `eth0` where not given. */
  readonly ifName?: string;
  readonly vendor?: Vendor;
}

/** A cable into a segment; pulling it takes the interface away. */
export interface Plug {
  readonly ifName: string;
  readonly mac: string;
  unplug(): Promise<void>;
}

export class Segment {
  readonly router: Machine;
  /** The bridge on the router. */
  readonly ifName: string;
  readonly cidr: string;
  /** The router's address: the network's first. */
  readonly gateway: string;
  readonly resolver: string;
  readonly #network: Cidr4;
  #ports = 0;

  constructor(router: Machine, ifName: string, cidr: string, resolver?: string) {
    this.router = router;
    this.ifName = ifName;
    this.cidr = cidr;
    this.#network = parseCidr(cidr);
    this.gateway = hostsOf(this.#network).next().value as string;
    this.resolver = resolver ?? this.gateway;
  }

  /** The prefix length. */
  get bits(): number {
    return networkOf(this.#network).bits;
  }

  /** The router's address with the prefix length. */
  get gatewayCidr(): string {
    return `${this.gateway}/${this.bits}`;
  }

  /** The nth host address of the network, 1 being the router. */
  host(index: number): string {
    let at = 0;
    for (const address of hostsOf(this.#network)) if (++at === index) return address;
    throw new LabError('LAB_BAD_TOPOLOGY', `find host ${index} in ${this.cidr}`);
  }

  /** Plugs a machine in, with addresses, default route and resolver. */
  async plug(machine: Machine, options: PlugOptions = {}): Promise<Plug> {
    const { addresses = [], ifName = 'eth0', vendor = 'intel' } = options;
    for (const address of addresses) this.#check(machine, address);
    const port = `${this.ifName.slice(0, 6)}-p${++this.#ports}`;
    const mac = macOf(vendor, `${machine.id}/${ifName}`);
    await createLink({ machine, ifName, mac }, { machine: this.router, ifName: port });
    await Promise.all([
      this.router.configure([`link set ${port} master ${this.ifName} up`]),
      machine.configure([
        ...addresses.map((address) => `addr add ${address}/${this.bits} broadcast + dev ${ifName}`),
        `link set ${ifName} up`,
        ...(addresses.length === 0 ? [] : [`route replace default via ${this.gateway} dev ${ifName}`]),
      ]),
      machine.writeFile('/etc/resolv.conf', `nameserver ${this.resolver}\n`),
    ]);
    return { ifName, mac, unplug: () => machine.configure([`link del ${ifName}`]) };
  }

  #check(machine: Machine, address: string): void {
    if (!isInCidr(parseAddress(address), this.#network) || address === this.gateway) {
      throw new LabError('LAB_BAD_TOPOLOGY', `give ${machine.id} the address ${address} in ${this.cidr}`);
    }
  }
}
