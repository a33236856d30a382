/**
 * All hosts of an edge, one record per device. Rules, in order:
 *
 * 1. A report with a hardware address belongs to the record with that address, wherever its IP address was before.
 * 2. A report without one belongs to whoever was last seen at its IP address.
 * 3. A record that had no hardware address gains one when a report names both; if that device is known already, the
 *    two become one, and the one that people use (named or published) keeps its id.
 * 4. An IP address belongs to one record: who was seen there last takes it from the other.
 * 5. One hardware address at more than `ADDRESSES_PER_HOST` is a gateway answering for others: from there on the
 *    addresses are hosts of their own.
 * 6. What people named or published is never dropped; of the rest the longest unseen goes first at the bound.
 * 7. A made-up hardware address (phones make one up for every network, some for every visit) is an address as any
 *    other: no two records become one because they say the same name, for anybody can say a name.
 */
import { newId } from '@sidegate/kit';
import {
  type Host,
  type HostId,
  type HostPatch,
  type Ip,
  type Ip4,
  LIMITS,
  type Mac,
  type ScopeId,
} from '@sidegate/protocol';
import { addFields, deriveHost } from './derive-host.ts';
import { recordHistory } from './host-history.ts';
import { mergeService, serviceKey } from './merge-services.ts';
import type { Observation } from './observation.ts';
import { ADDRESSES_PER_HOST, uniteHosts } from './unite-hosts.ts';
import type { VendorLookup } from './vendor-table.ts';

/** What a report or an edit did. */
export interface BookChange {
  readonly changed: readonly Host[];
  readonly removed: readonly HostId[];
}
const NOTHING: BookChange = { changed: [], removed: [] };

/** When parts of a record were last confirmed: not shown, but it decides what a finished scan drops. */
interface Seen {
  readonly addresses: Map<Ip, number>;
  readonly services: Map<string, number>;
}

/** All records, and what may be done to them. */
export interface HostBook {
  observe(observation: Observation): BookChange;
  /** After a scan of the scope that missed nothing: who did not answer is offline, what was not found again is gone. */
  endScan(scan: {
    readonly scopeId: ScopeId;
    readonly startedAt: number;
    readonly sawServices: boolean;
    /** Only these were looked for. */
    readonly only?: ReadonlySet<HostId>;
  }): BookChange;
  patch(id: HostId, patch: HostPatch): BookChange;
  remove(id: HostId): BookChange;
  get(id: HostId): Host | undefined;
  atAddress(address: Ip): Host | undefined;
  list(): readonly Host[];
  /** Adds records from a file. */
  restore(hosts: readonly Host[]): void;
  /** These are published, and kept. */
  setPinned(ids: ReadonlySet<HostId>): void;
  isKept(host: Host): boolean;
}

/** An empty book. `vendorOf` may change its mind when the vendor table is loaded. */
export const createHostBook = (vendorOf: VendorLookup): HostBook => new Book(vendorOf);

class Book implements HostBook {
  readonly #vendorOf: VendorLookup;
  readonly #hosts = new Map<HostId, Host>();
  readonly #seen = new Map<HostId, Seen>();
  readonly #byMac = new Map<Mac, HostId>();
  readonly #byAddress = new Map<Ip, HostId>();
  #pinned: ReadonlySet<HostId> = new Set();

  constructor(vendorOf: VendorLookup) {
    this.#vendorOf = vendorOf;
  }

  observe(observation: Observation): BookChange {
    const removed: HostId[] = [];
    const host = this.#recordOf(observation, removed);
    if (host === undefined) return NOTHING;
    const others = this.#claimAddress(host, observation);
    const before = this.#hosts.get(host.id);
    const next = this.#absorb(host, observation);
    const stored = this.#store(recordHistory(before, next.host, observation.at));
    return { changed: [...others, ...(before === undefined || next.isChanged ? [stored] : [])], removed };
  }

  endScan({ scopeId, startedAt, sawServices, only }: Parameters<HostBook['endScan']>[0]): BookChange {
    const changed: Host[] = [];
    for (const host of this.#hosts.values()) {
      if (host.scopeId !== scopeId || only?.has(host.id) === false) continue;
      const next = this.#dropUnseen(host, startedAt, sawServices);
      if (next === host) continue;
      changed.push(this.#store(recordHistory(host, next, startedAt)));
    }
    return { changed, removed: [] };
  }

  patch(id: HostId, { givenName, note }: HostPatch): BookChange {
    const host = this.#hosts.get(id);
    if (host === undefined) return NOTHING;
    const { givenName: oldName, ...rest } = host;
    const name = givenName ?? oldName;
    const next = deriveHost({
      ...rest,
      ...(name === undefined || name === '' ? {} : { givenName: name }),
      note: note ?? host.note,
    });
    this.#store(next);
    return { changed: [next], removed: [] };
  }

  remove(id: HostId): BookChange {
    const host = this.#hosts.get(id);
    if (host === undefined) return NOTHING;
    this.#hosts.delete(id);
    this.#seen.delete(id);
    if (host.mac !== undefined && this.#byMac.get(host.mac) === id) this.#byMac.delete(host.mac);
    for (const address of host.addresses) {
      if (this.#byAddress.get(address) === id) this.#byAddress.delete(address);
    }
    return { changed: [], removed: [id] };
  }

  get(id: HostId): Host | undefined {
    return this.#hosts.get(id);
  }

  atAddress(address: Ip): Host | undefined {
    return this.#lookUp(this.#byAddress.get(address));
  }

  list(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  restore(hosts: readonly Host[]): void {
    for (const host of hosts.slice(0, LIMITS.hostsPerEdge)) {
      const isKnown = this.#hosts.has(host.id) || (host.mac !== undefined && this.#byMac.has(host.mac));
      if (!isKnown) this.#store(deriveHost(host));
    }
  }

  setPinned(ids: ReadonlySet<HostId>): void {
    this.#pinned = ids;
  }

  isKept({ id, givenName, note }: Host): boolean {
    return this.#pinned.has(id) || givenName !== undefined || note !== '';
  }

  /** The record that an observation is about, made if need be. */
  #recordOf(observation: Observation, removed: HostId[]): Host | undefined {
    const { mac, address } = observation;
    const atAddress = address === undefined ? undefined : this.#lookUp(this.#byAddress.get(address));
    if (mac === undefined) {
      return atAddress ?? (address === undefined ? undefined : this.#create(observation, removed));
    }
    const known = this.#lookUp(this.#byMac.get(mac));
    const nameless = atAddress?.mac === undefined ? atAddress : undefined;
    if (known === undefined)
      return nameless === undefined ? this.#create(observation, removed) : { ...nameless, mac };
    if (
      address !== undefined &&
      !known.addresses.includes(address) &&
      known.addresses.length >= ADDRESSES_PER_HOST
    ) {
      return atAddress ?? this.#create({ source: observation.source, at: observation.at, address }, removed);
    }
    return nameless === undefined ? known : this.#unite(known, nameless, removed);
  }

  /** Two records turned out to be one device. */
  #unite(known: Host, nameless: Host, removed: HostId[]): Host {
    const isNamelessKept = this.isKept(nameless) && !this.isKept(known);
    const [kept, dropped] = isNamelessKept ? [nameless, known] : [known, nameless];
    removed.push(...this.remove(dropped.id).removed);
    return uniteHosts(kept, dropped, known.mac);
  }

  #create({ mac, at }: Observation, removed: HostId[]): Host | undefined {
    if (this.#hosts.size >= LIMITS.hostsPerEdge && !this.#evict(removed)) return undefined;
    return {
      id: newId<HostId>('h'),
      ...(mac === undefined ? {} : { mac }),
      addresses: [],
      name: '',
      note: '',
      kind: 'unknown',
      services: [],
      online: false,
      firstSeenAt: at,
      lastSeenAt: at,
      evidence: [],
    };
  }

  #evict(removed: HostId[]): boolean {
    let oldest: Host | undefined;
    for (const host of this.#hosts.values()) {
      // Those that are there now are not pushed out by those that claim to be: a flood must not empty the list.
      if (host.online || this.isKept(host)) continue;
      if (oldest === undefined || host.lastSeenAt < oldest.lastSeenAt) oldest = host;
    }
    if (oldest === undefined) return false;
    removed.push(...this.remove(oldest.id).removed);
    return true;
  }

  /** Takes the address from whoever had it. Hearsay takes nothing. */
  #claimAddress(host: Host, { address, isSighting = true }: Observation): readonly Host[] {
    const holder = address === undefined ? undefined : this.#lookUp(this.#byAddress.get(address));
    if (address === undefined || holder === undefined || holder.id === host.id || !isSighting) return [];
    this.#byAddress.delete(address);
    this.#seen.get(holder.id)?.addresses.delete(address);
    const next = deriveHost({ ...holder, addresses: holder.addresses.filter((one) => one !== address) });
    this.#hosts.set(next.id, next);
    return [next];
  }

  #absorb(host: Host, observation: Observation): { readonly host: Host; readonly isChanged: boolean } {
    const { address, at, service, scopeId, isSighting = true } = observation;
    const seen = this.#seenOf(host.id);
    const owner = address === undefined ? undefined : this.#byAddress.get(address);
    const mayAdd = address !== undefined && (owner === undefined || owner === host.id);
    const addresses = mayAdd ? this.#withAddress(host, address, isSighting, at) : host.addresses;
    const services = service === undefined ? undefined : mergeService(host.services, service);
    if (service !== undefined) seen.services.set(serviceKey(service), at);
    const { evidence, isNew } = addFields(host.evidence, observation);
    const vendor = host.vendor ?? (host.mac === undefined ? undefined : this.#vendorOf(host.mac));
    const next: Host = {
      ...host,
      ...(vendor === undefined ? {} : { vendor }),
      ...(scopeId === undefined ? {} : { scopeId }),
      addresses: [...addresses],
      services: [...(services ?? host.services)],
      evidence: [...evidence],
      online: host.online || isSighting,
      lastSeenAt: isSighting ? Math.max(host.lastSeenAt, at) : host.lastSeenAt,
    };
    const isChanged =
      isNew ||
      services !== undefined ||
      addresses !== host.addresses ||
      next.online !== host.online ||
      next.scopeId !== host.scopeId ||
      next.vendor !== host.vendor ||
      next.mac !== this.#hosts.get(host.id)?.mac;
    return { host: isChanged ? deriveHost(next) : next, isChanged };
  }

  /** A new address goes last: it becomes the first, which forwards lead to, when the old one is not seen any more. */
  #withAddress(host: Host, address: Ip4, isSighting: boolean, at: number): readonly Ip[] {
    const seen = this.#seenOf(host.id);
    if (isSighting) seen.addresses.set(address, at);
    else if (!seen.addresses.has(address)) seen.addresses.set(address, 0);
    return host.addresses.includes(address) ? host.addresses : [...host.addresses, address];
  }

  #dropUnseen(host: Host, startedAt: number, sawServices: boolean): Host {
    if (host.lastSeenAt < startedAt) return host.online ? { ...host, online: false } : host;
    const seen = this.#seenOf(host.id);
    const isFresh = (at: number | undefined) => (at ?? 0) >= startedAt;
    const addresses = host.addresses.filter((address) => isFresh(seen.addresses.get(address)));
    const services = sawServices
      ? host.services.filter((service) => isFresh(seen.services.get(serviceKey(service))))
      : host.services;
    if (addresses.length === host.addresses.length && services.length === host.services.length) return host;
    for (const address of host.addresses) {
      if (!addresses.includes(address) && this.#byAddress.get(address) === host.id)
        this.#byAddress.delete(address);
    }
    return deriveHost({ ...host, addresses, services });
  }

  #store(host: Host): Host {
    this.#hosts.set(host.id, host);
    if (host.mac !== undefined) this.#byMac.set(host.mac, host.id);
    for (const address of host.addresses) this.#byAddress.set(address, host.id);
    return host;
  }

  #seenOf(id: HostId): Seen {
    const seen = this.#seen.get(id) ?? { addresses: new Map(), services: new Map() };
    this.#seen.set(id, seen);
    return seen;
  }

  #lookUp(id: HostId | undefined): Host | undefined {
    return id === undefined ? undefined : this.#hosts.get(id);
  }
}
