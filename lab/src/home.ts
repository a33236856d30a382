/**
 * A home: a router with a LAN (and perhaps a DMZ) behind it, DHCP and names by dnsmasq, and what people plug in.
 * Homes know nothing of each other, so their LANs may well have the same numbers.
 */
import type { AccessNetwork, Block } from './access-network.ts';
import {
  startCamera,
  startComputer,
  startLiar,
  startNas,
  startOnvifCamera,
  startPhone,
  startPrinter,
  startTelevision,
  startThing,
} from './devices.ts';
import { LEASES_PATH, startDnsmasq } from './dnsmasq.ts';
import { LabError } from './errors.ts';
import { bridgeLines } from './links.ts';
import { macOf, type Vendor } from './mac.ts';
import { Machine, ROUTER_KNOBS } from './machine.ts';
import { expandNat, type NatBehaviour, type NatPreset } from './nat.ts';
import { PortMapper } from './port-mapper.ts';
import type { Rack } from './rack.ts';
import { Router } from './router.ts';
import { Segment } from './segment.ts';

/** A home before it is built. */
export interface HomeOptions {
  /** `port-restricted` where not given. */
  readonly nat?: NatPreset | NatBehaviour;
  /** The LAN; the router has its first address. */
  readonly lan: string;
  /** The router's address on its provider's network. */
  readonly wan: string;
  /** An IPv6 network of 64 bits for the LAN; the router lets in what was asked for, and nothing else. */
  readonly lan6?: string;
  /** What the provider drops from the start; `router.uplink.block` begins and ends it later. */
  readonly blocked?: Block;
  /** A second network behind the router, which may not open connections to the LAN. */
  readonly dmz?: { readonly cidr: string };
  /** Does the router map ports for whoever asks? Then `wan` must look public: see `PortMapper`. */
  readonly portMapping?: boolean;
}

/** How a machine is plugged into a home. */
export interface HomeMachineOptions {
  /** Its IPv4 address, or the IPv6 address of a machine that has no other. */
  readonly address: string;
  /** `lan` where not given. */
  readonly segment?: 'lan' | 'dmz';
  readonly vendor?: Vendor;
  /** More addresses on the same interface, of either family. */
  readonly moreAddresses?: readonly string[];
  /** By default its name in the home. */
  readonly hostName?: string;
}

/** See the top of this file. */
export class Home {
  readonly name: string;
  readonly router: Router;
  readonly lan: Segment;
  readonly dmz: Segment | undefined;
  readonly #rack: Rack;
  #portMapper: PortMapper | undefined;

  private constructor(rack: Rack, name: string, router: Router, options: HomeOptions) {
    this.name = name;
    this.router = router;
    this.lan = new Segment(
      router,
      'lan0',
      options.lan,
      options.lan6 === undefined ? {} : { prefix6: options.lan6 },
    );
    this.dmz = options.dmz && new Segment(router, 'dmz0', options.dmz.cidr, { resolver: this.lan.gateway });
    this.#rack = rack;
  }

  /** Boots the router and connects it to its provider. */
  static async start(
    rack: Rack,
    provider: AccessNetwork,
    resolver: string,
    name: string,
    options: HomeOptions,
  ) {
    const booted = await rack.boot(`${name}/router`, { hostName: `${name}-router`, knobs: ROUTER_KNOBS });
    const inside = [options.lan, ...(options.dmz === undefined ? [] : [options.dmz.cidr])];
    const isolated = options.dmz === undefined ? [] : [{ from: 'dmz0', to: 'lan0' }];
    const { portMapping = false, lan6 } = options;
    const nat = expandNat(options.nat ?? 'port-restricted');
    const inside6 = lan6 === undefined ? [] : [lan6];
    const router = new Router(booted, { nat, inside, inside6, isolated, portMapping });
    const home = new Home(rack, name, router, options);
    const segments = [home.lan, ...(home.dmz === undefined ? [] : [home.dmz])];
    await router.configure(
      segments.flatMap(({ ifName, gatewayCidrs }) =>
        bridgeLines(ifName, macOf('tp-link', `${router.id}/${ifName}`), gatewayCidrs),
      ),
    );
    const uplink = await provider.attach(router, {
      address: options.wan,
      routes: router.publicNetworks,
      ...(options.lan6 === undefined ? {} : { prefix6: options.lan6 }),
    });
    if (options.blocked !== undefined) await uplink.block(options.blocked);
    await Promise.all([router.useUplink(uplink), home.#serveAddresses(resolver)]);
    if (portMapping) home.#portMapper = await PortMapper.start(router, uplink.ifName, home.lan, options.lan);
    return home;
  }

  /** The router's port mapping service; there is one where the home was made with `portMapping`. */
  get portMapper(): PortMapper {
    if (this.#portMapper === undefined)
      throw new LabError('LAB_BAD_TOPOLOGY', `map ports on the router of ${this.name}`);
    return this.#portMapper;
  }

  /** The file of DHCP leases, on the router: `readFile(home.router.path(home.leasesPath))`. */
  get leasesPath(): string {
    return LEASES_PATH;
  }

  /** Boots a machine on the LAN or DMZ: a board for an agent, a laptop, anything. */
  async addMachine(name: string, options: HomeMachineOptions): Promise<Machine> {
    const { hostName = name, vendor = 'raspberry' } = options;
    const machine = new Machine(await this.#rack.boot(`${this.name}/${name}`, { hostName }));
    const addresses = [options.address, ...(options.moreAddresses ?? [])];
    await this.#segment(options.segment).plug(machine, { addresses, vendor });
    return machine;
  }

  /** A camera: its page and picture on 80, RTSP on 554. */
  addCamera(name: string, options: HomeMachineOptions): Promise<Machine> {
    return this.#addDevice(name, { vendor: 'hikvision', ...options }, startCamera);
  }

  /** A printer: its page on 631, announced by Avahi. */
  addPrinter(name: string, options: HomeMachineOptions): Promise<Machine> {
    return this.#addDevice(name, { vendor: 'brother', ...options }, startPrinter);
  }

  /** A storage box: a real SSH server on 22, a self-signed page on 443. */
  addNas(name: string, options: HomeMachineOptions): Promise<Machine> {
    return this.#addDevice(name, { vendor: 'synology', ...options }, startNas);
  }

  /** A television that speaks UPnP; one with `redirect` leads those who ask for its description elsewhere. */
  addTelevision(
    name: string,
    options: HomeMachineOptions & { readonly redirect?: string },
  ): Promise<Machine> {
    return this.#addDevice(name, options, (machine) => startTelevision(machine, options.redirect));
  }

  /** A camera that answers WS-Discovery and nothing else. */
  addOnvifCamera(name: string, options: HomeMachineOptions): Promise<Machine> {
    return this.#addDevice(name, options, startOnvifCamera);
  }

  /** A computer that answers to its NetBIOS name, `DESKTOP-<NAME>`. */
  addComputer(name: string, options: HomeMachineOptions): Promise<Machine> {
    return this.#addDevice(name, { vendor: 'intel', ...options }, startComputer);
  }

  /** A thing that answers ARP and nothing else. */
  addThing(name: string, options: HomeMachineOptions): Promise<Machine> {
    return this.#addDevice(name, { vendor: 'espressif', ...options }, startThing);
  }

  /** A phone, which has a made-up hardware address and asks for its IP address by DHCP. */
  async addPhone(name: string): Promise<Machine> {
    const machine = new Machine(await this.#rack.boot(`${this.name}/${name}`));
    await this.lan.plug(machine, { vendor: 'random' });
    await startPhone(machine);
    return machine;
  }

  /** A device that answers for every address of `claims`, where nobody else may be, and floods who listens. */
  addLiar(
    name: string,
    {
      claims,
      disguised,
      ...options
    }: HomeMachineOptions & { readonly claims: readonly string[]; readonly disguised?: readonly string[] },
  ): Promise<Machine> {
    return this.#addDevice(name, options, (machine) => startLiar(machine, claims, disguised));
  }

  async #addDevice(name: string, options: HomeMachineOptions, start: (machine: Machine) => Promise<void>) {
    const machine = await this.addMachine(name, options);
    await start(machine);
    return machine;
  }

  #segment(name: 'lan' | 'dmz' = 'lan'): Segment {
    const segment = this[name];
    if (segment === undefined)
      throw new LabError('LAB_BAD_TOPOLOGY', `plug into the ${name} of ${this.name}`);
    return segment;
  }

  async #serveAddresses(resolver: string): Promise<void> {
    const hosts = 2 ** (32 - this.lan.bits) - 2;
    const range = [this.lan.host(Math.min(100, Math.ceil(hosts / 2))), this.lan.host(Math.min(150, hosts))];
    await startDnsmasq(this.router, [
      ...[this.lan, this.dmz].flatMap((segment) =>
        segment === undefined ? [] : [`interface=${segment.ifName}`],
      ),
      `server=${resolver}`,
      'no-negcache',
      'domain=lan',
      'expand-hosts',
      'dhcp-authoritative',
      'no-ping',
      `dhcp-range=${range.join(',')},12h`,
      `dhcp-leasefile=${LEASES_PATH}`,
    ]);
  }
}
