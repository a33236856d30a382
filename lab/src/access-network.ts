/**
 * A provider's last mile, as the internet's core and a carrier's NAT have it: a cable per customer, one address each
 * out of a shared /24, the provider answering ARP for everybody else in it. Addresses can be moved and traffic of a
 * customer blocked while everything runs.
 */
import { parseAddress } from './addresses.ts';
import type { NetworkKnobs } from './holder.ts';
import { createLink } from './links.ts';
import { macOf } from './mac.ts';
import { type Machine, ROUTER_KNOBS } from './machine.ts';

/** What a provider's router is born with. */
export const PROVIDER_KNOBS: NetworkKnobs = {
  ...ROUTER_KNOBS,
  'ipv4/conf/default/proxy_arp': 1,
};

/** Traffic of one customer that a provider drops, in both directions. */
export interface Block {
  /** Both address families where not given. */
  readonly family?: 4 | 6;
  /** All protocols where not given. */
  readonly protocol?: 'udp' | 'tcp';
  /** Only towards and from this address. */
  readonly address?: string;
  /** Only towards and from this port, which needs a protocol. */
  readonly port?: number;
  /** Everything but TCP connections to these ports, as a guest network has it. */
  readonly exceptTcpPorts?: readonly number[];
}

/** A customer's side of the cable. */
export interface AttachOptions {
  readonly address: string;
  /** Networks behind the customer that the provider routes, for customers without NAT. */
  readonly routes?: readonly string[];
  /** The customer's IPv6 network, delegated to it: the cable itself has link-local addresses only. */
  readonly prefix6?: string;
}

const IF_NAME = 'wan0';
/** Both ends of every cable: a route through them needs no address of the customer's own. */
const PROVIDER6 = 'fe80::1';
const CUSTOMER6 = 'fe80::2';
const gatewayOf = (address: string): string => parseAddress(address).replace(/\d+$/, '1');

/** A customer's connection, `wan0` on the customer's machine. */
export class Uplink {
  readonly ifName = IF_NAME;
  readonly #provider: AccessNetwork;
  readonly #customer: Machine;
  readonly #port: string;
  #address: string;

  constructor(provider: AccessNetwork, customer: Machine, port: string, address: string) {
    this.#provider = provider;
    this.#customer = customer;
    this.#port = port;
    this.#address = address;
  }

  /** The customer's address on the provider's network. */
  get address(): string {
    return this.#address;
  }

  /** What the internet sees the customer as. */
  get publicAddress(): string {
    return this.#provider.publicAddressOf(this.#address);
  }

  /** Gives the customer another address, as a provider does overnight. */
  async move(address: string, routes: readonly string[] = []): Promise<void> {
    const old = this.#address;
    const gateway = gatewayOf(address);
    this.#address = address;
    await this.#provider.router.configure([
      `addr replace ${gateway}/32 dev lo`,
      ...(old === address ? [] : [`route del ${old}/32 dev ${this.#port}`]),
      `route replace ${address}/32 dev ${this.#port}`,
      ...routes.map((route) => `route replace ${route} via ${address} dev ${this.#port} onlink`),
    ]);
    await this.#customer.configure([
      `addr flush dev ${IF_NAME} scope global`,
      `addr add ${address}/24 broadcast + dev ${IF_NAME}`,
      `link set ${IF_NAME} up`,
      `route replace default via ${gateway} dev ${IF_NAME}`,
    ]);
  }

  /** Delegates an IPv6 network to the customer, and brings it the default route. */
  async delegate(prefix6: string): Promise<void> {
    await this.#provider.router.configure([
      `addr replace ${PROVIDER6}/64 dev ${this.#port} nodad`,
      `route replace ${prefix6} via ${CUSTOMER6} dev ${this.#port}`,
    ]);
    await this.#customer.configure([
      `addr replace ${CUSTOMER6}/64 dev ${IF_NAME} nodad`,
      `route replace default via ${PROVIDER6} dev ${IF_NAME}`,
    ]);
  }

  /** Drops traffic until the result is disposed. */
  block(block: Block): Promise<AsyncDisposable> {
    return this.#provider.block(this.#port, block);
  }

  /** Pulls the cable. */
  async detach(): Promise<void> {
    await this.#customer.configure([`link del ${IF_NAME}`]);
  }
}

/** See the top of this file. */
export class AccessNetwork {
  /** The provider's router. */
  readonly router: Machine;
  readonly #blocks = new Map<symbol, string[]>();
  #ports = 0;

  constructor(router: Machine) {
    this.router = router;
  }

  /** Connects a customer. */
  async attach(customer: Machine, { address, routes = [], prefix6 }: AttachOptions): Promise<Uplink> {
    const port = `customer${++this.#ports}`;
    const uplink = new Uplink(this, customer, port, address);
    await createLink(
      { machine: customer, ifName: IF_NAME, mac: macOf('tp-link', `${customer.id}/${IF_NAME}`) },
      { machine: this.router, ifName: port },
    );
    await this.router.configure([
      `ntable change name arp_cache dev ${port} proxy_delay 0`,
      `link set ${port} up`,
    ]);
    await uplink.move(address, routes);
    if (prefix6 !== undefined) await uplink.delegate(prefix6);
    return uplink;
  }

  /** What the internet sees a customer's address as. */
  publicAddressOf(address: string): string {
    return address;
  }

  /** Drops what matches on one customer's port; used through `Uplink.block`. */
  async block(port: string, block: Block): Promise<AsyncDisposable> {
    const key = Symbol(port);
    this.#blocks.set(key, renderBlock(port, block));
    await this.#applyBlocks();
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#blocks.delete(key)) await this.#applyBlocks();
      },
    };
  }

  async #applyBlocks(): Promise<void> {
    await this.router.run('nft', ['-f', '-'], { input: renderBlocks([...this.#blocks.values()].flat()) });
  }
}

const renderTcpPorts = (ports: readonly number[]): string => ports.map((port) => `tcp . ${port}`).join(', ');

const renderBlock = (port: string, block: Block): string[] =>
  (['iifname', 'oifname'] as const).map((direction) => {
    const isOutgoing = direction === 'iifname';
    return [
      `${direction} "${port}"`,
      ...(block.family === undefined ? [] : [`meta nfproto ipv${block.family}`]),
      ...(block.address === undefined
        ? []
        : [`ip ${isOutgoing ? 'daddr' : 'saddr'} ${parseAddress(block.address)}`]),
      ...(block.protocol === undefined ? [] : [`meta l4proto ${block.protocol}`]),
      ...(block.port === undefined ? [] : [`th ${isOutgoing ? 'dport' : 'sport'} ${block.port}`]),
      ...(block.exceptTcpPorts === undefined
        ? []
        : [
            `meta l4proto . th ${isOutgoing ? 'dport' : 'sport'} != { ${renderTcpPorts(block.exceptTcpPorts)} }`,
          ]),
      'drop',
    ].join(' ');
  });

/** The whole table of blocks; ahead of the router's own filter. */
export const renderBlocks = (rules: readonly string[]): string =>
  [
    'table inet blocks',
    'delete table inet blocks',
    'table inet blocks {',
    '  chain forward {',
    '    type filter hook forward priority -10; policy accept;',
    ...rules.map((rule) => `    ${rule}`),
    '  }',
    '}',
    '',
  ].join('\n');
