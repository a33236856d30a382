/** One Ethernet segment: a bridge on a router, with machines plugged into it. */
import { hostsOf, isInCidr, networkOf } from '@sidegate/kit';
import type { Cidr4 } from '@sidegate/protocol';
import { hostOf6, isIp6, parseAddress, parseAddressIn6, parseCidr } from './addresses.ts';
import { LabError } from './errors.ts';
import { createLink } from './links.ts';
import { macOf, type Vendor } from './mac.ts';
import type { Machine } from './machine.ts';

/** How a machine is plugged in. */
export interface PlugOptions {
  /** Static addresses of either family, the first ones preferred; none for a machine that asks by DHCP. */
  readonly addresses?: readonly string[];
  /** `eth0` where not given. */
  readonly ifName?: string;
  readonly vendor?: Vendor;
}

/** What a segment may have besides its IPv4 network. */
export interface SegmentOptions {
  /** Who answers for names; the router where not given. */
  readonly resolver?: string;
  /** An IPv6 network of 64 bits. */
  readonly prefix6?: string;
}

/** A cable into a segment; pulling it takes the interface away. */
export interface Plug {
  readonly ifName: string;
  readonly mac: string;
  unplug(): Promise<void>;
}

/** A bridge on a router that machines are plugged into: one broadcast domain, one IPv4 network. */
export class Segment {
  readonly router: Machine;
  /** The bridge on the router. */
  readonly ifName: string;
  readonly cidr: string;
  /** The router's address: the network's first. */
  readonly gateway: string;
  /** The IPv6 network on the same wire, and the router's address in it. */
  readonly prefix6: string | undefined;
  readonly gateway6: string | undefined;
  readonly resolver: string;
  readonly #network: Cidr4;
  #ports = 0;

  constructor(router: Machine, ifName: string, cidr: string, more: SegmentOptions = {}) {
    this.router = router;
    this.ifName = ifName;
    this.cidr = cidr;
    this.#network = parseCidr(cidr);
    this.gateway = hostsOf(this.#network).next().value as string;
    this.prefix6 = more.prefix6;
    this.gateway6 = more.prefix6 && hostOf6(more.prefix6, 1);
    this.resolver = more.resolver ?? this.gateway;
  }

  /** The prefix length. */
  get bits(): number {
    return networkOf(this.#network).bits;
  }

  /** The router's addresses with their prefix lengths. */
  get gatewayCidrs(): readonly string[] {
    const six = this.gateway6 === undefined ? [] : [`${this.gateway6}/64`];
    return [`${this.gateway}/${this.bits}`, ...six];
  }

  /** The nth host address of the network, 1 being the router. */
  host(index: number): string {
    let at = 0;
    for (const address of hostsOf(this.#network)) if (++at === index) return address;
    throw new LabError('LAB_BAD_TOPOLOGY', `find host ${index} in ${this.cidr}`);
  }

  /** Plugs a machine in, with addresses, a default route for each family it has, and resolver. */
  async plug(machine: Machine, options: PlugOptions = {}): Promise<Plug> {
    const { addresses = [], ifName = 'eth0', vendor = 'intel' } = options;
    for (const address of addresses) this.#check(machine, address);
    const has6 = addresses.some(isIp6);
    const has4 = addresses.some((address) => !isIp6(address));
    const port = `${this.ifName.slice(0, 6)}-p${++this.#ports}`;
    const mac = macOf(vendor, `${machine.id}/${ifName}`);
    await createLink({ machine, ifName, mac }, { machine: this.router, ifName: port });
    await Promise.all([
      this.router.configure([`link set ${port} master ${this.ifName} up`]),
      machine.configure([
        ...addresses.map((address) =>
          isIp6(address)
            ? `addr add ${address}/64 dev ${ifName} nodad`
            : `addr add ${address}/${this.bits} broadcast + dev ${ifName}`,
        ),
        `link set ${ifName} up`,
        ...(has4 ? [`route replace default via ${this.gateway} dev ${ifName}`] : []),
        ...(has6 ? [`route replace default via ${this.gateway6} dev ${ifName}`] : []),
      ]),
      machine.writeFile('/etc/resolv.conf', `nameserver ${has6 && !has4 ? this.gateway6 : this.resolver}\n`),
    ]);
    return { ifName, mac, unplug: () => machine.configure([`link del ${ifName}`]) };
  }

  #check(machine: Machine, address: string): void {
    if (isIp6(address)) return void parseAddressIn6(address, this.prefix6);
    if (!isInCidr(parseAddress(address), this.#network) || address === this.gateway) {
      throw new LabError('LAB_BAD_TOPOLOGY', `give ${machine.id} the address ${address} in ${this.cidr}`);
    }
  }
}
