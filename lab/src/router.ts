/** A machine between an uplink and networks inside, which does to packets what its NAT record says. */
import type { Uplink } from './access-network.ts';
import { Machine } from './machine.ts';
import type { NatBehaviour } from './nat.ts';
import type { Booted } from './rack.ts';
import { type RouterPlace, renderRouterRules } from './render-router-rules.ts';

/** What a router stands for, apart from its uplink. */
export type RouterOptions = Pick<RouterPlace, 'nat' | 'inside' | 'inside6' | 'isolated' | 'portMapping'>;

/** See the top of this file. Agents may run on it like on any machine. */
export class Router extends Machine {
  readonly #options: RouterOptions;
  #nat: NatBehaviour;
  #uplink: Uplink | undefined;

  constructor(booted: Booted, options: RouterOptions) {
    super(booted);
    this.#options = options;
    this.#nat = options.nat;
  }

  /** What it does to packets, as plain data. */
  get nat(): NatBehaviour {
    return this.#nat;
  }

  /** Its connection; there is one from the moment the lab hands the router out. */
  get uplink(): Uplink {
    if (this.#uplink === undefined) throw new TypeError(`${this.id} has no uplink yet`);
    return this.#uplink;
  }

  /** Networks that its provider has to route, because it does not hide them. */
  get publicNetworks(): readonly string[] {
    return this.#nat.mapping === 'none' ? this.#options.inside : [];
  }

  /** Takes a connection into use. */
  async useUplink(uplink: Uplink): Promise<void> {
    this.#uplink = uplink;
    await this.#applyRules();
  }

  /** Becomes another kind of NAT; mappings and flows are forgotten. */
  async setNat(nat: NatBehaviour): Promise<void> {
    this.#nat = nat;
    await this.#applyRules();
    await this.flushConntrack();
  }

  /** The provider gives it another address: its mappings are gone, machines behind it see nothing. */
  async setWanAddress(address: string): Promise<void> {
    await this.uplink.move(address, this.publicNetworks);
    await this.#applyRules();
  }

  /** Forgets all flows and mappings, as a reboot does. */
  async flushConntrack(): Promise<void> {
    await this.run('conntrack', ['-F']);
    await this.#applyRules();
  }

  async #applyRules(): Promise<void> {
    const wan = { ifName: this.uplink.ifName, address: this.uplink.address };
    await this.run('nft', ['-f', '-'], {
      input: renderRouterRules({ ...this.#options, nat: this.#nat, wan }),
    });
  }
}
