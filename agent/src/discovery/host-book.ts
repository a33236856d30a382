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
 * 6. What people named or published is never dropped; of the rest the longest unseen goes first at the bound, then an
 *    address of which nothing is known where a device of its own comes.
 * 7. A made-up hardware address (phones make one up for every network, some for every visit) is an address as any
 *    other: no two records become one because they say the same name, for anybody can say a name.
 */
import { newId } from '@sidegate/kit';
import { type Host, type HostId, type HostPatch, type Ip, LIMITS, type ScopeId } from '@sidegate/protocol';
import { addFields, deriveHost } from './derive-host.ts';
import { recordHistory } from './host-history.ts';
import { HostIndex } from './host-index.ts';
import { mergeService } from './merge-services.ts';
import type { Observation } from './observation.ts';
import { Sightings } from './sightings.ts';
import { ADDRESSES_PER_HOST, uniteHosts } from './unite-hosts.ts';
import type { VendorLookup } from './vendor-table.ts';

/** What a report or an edit did. */
export interface BookChange {
  readonly changed: readonly Host[];
  readonly removed: readonly HostId[];
}
const NOTHING: BookChange = { changed: [], removed: [] };

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
  readonly #index = new HostIndex();
  readonly #sightings = new Sightings();
  #pinned: ReadonlySet<HostId> = new Set();

  constructor(vendorOf: VendorLookup) {
    this.#vendorOf = vendorOf;
  }

  observe(observation: Observation): BookChange {
    const removed: HostId[] = [];
    const host = this.#recordOf(observation, removed);
    if (host === undefined) return NOTHING;
    const others = this.#claimAddress(host, observation);
    const before = this.#index.get(host.id);
    const next = this.#absorb(host, observation);
    const stored = this.#index.store(recordHistory(before, next.host, observation.at));
    return { changed: [...others, ...(before === undefined || next.isChanged ? [stored] : [])], removed };
  }

  endScan({ scopeId, startedAt, sawServices, only }: Parameters<HostBook['endScan']>[0]): BookChange {
    const changed: Host[] = [];
    for (const host of this.#index.values()) {
      if (host.scopeId !== scopeId || only?.has(host.id) === false) continue;
      const next = this.#dropUnseen(host, startedAt, sawServices);
      if (next === host) continue;
      changed.push(this.#index.store(recordHistory(host, next, startedAt)));
    }
    return { changed, removed: [] };
  }

  patch(id: HostId, { givenName, note }: HostPatch): BookChange {
    const host = this.#index.get(id);
    if (host === undefined) return NOTHING;
    const { givenName: oldName, ...rest } = host;
    const name = givenName ?? oldName;
    const next = deriveHost({
      ...rest,
      ...(name === undefined || name === '' ? {} : { givenName: name }),
      note: note ?? host.note,
    });
    return { changed: [this.#index.store(next)], removed: [] };
  }

  remove(id: HostId): BookChange {
    if (this.#index.get(id) === undefined) return NOTHING;
    this.#index.remove(id);
    this.#sightings.remove(id);
    return { changed: [], removed: [id] };
  }

  get(id: HostId): Host | undefined {
    return this.#index.get(id);
  }

  atAddress(address: Ip): Host | undefined {
    return this.#index.at(address);
  }

  list(): readonly Host[] {
    return [...this.#index.values()];
  }

  restore(hosts: readonly Host[]): void {
    for (const host of hosts.slice(0, LIMITS.hostsPerEdge)) {
      const isKnown =
        this.#index.get(host.id) !== undefined ||
        (host.mac !== undefined && this.#index.withMac(host.mac) !== undefined);
      if (!isKnown) this.#index.store(deriveHost(host));
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
    const { mac, address, source, at } = observation;
    const atAddress = this.#index.at(address);
    if (mac === undefined) {
      return atAddress ?? (address === undefined ? undefined : this.#create(observation, removed));
    }
    const known = this.#index.withMac(mac);
    const nameless = atAddress?.mac === undefined ? atAddress : undefined;
    if (known === undefined)
      return nameless === undefined ? this.#create(observation, removed) : { ...nameless, mac };
    if (
      address !== undefined &&
      !known.addresses.includes(address) &&
      known.addresses.length >= ADDRESSES_PER_HOST
    ) {
      return atAddress ?? this.#create({ source, at, address }, removed);
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
    if (this.#index.size >= LIMITS.hostsPerEdge) {
      const id = this.#dispensable(mac !== undefined);
      if (id === undefined) return undefined;
      removed.push(...this.remove(id).removed);
    }
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

  /**
   * Who has to go at the bound. Those that are there now are not pushed out by those that claim to be: a flood must not
   * empty the list. Nor may it keep devices out: an address of which nothing is known gives way to one of these.
   */
  #dispensable(isDevice: boolean): HostId | undefined {
    let away: Host | undefined;
    let bare: Host | undefined;
    for (const host of this.#index.values()) {
      if (this.isKept(host)) continue;
      if (!host.online && (away === undefined || host.lastSeenAt < away.lastSeenAt)) away = host;
      const isBare = host.mac === undefined && host.services.length === 0 && host.evidence.length === 0;
      if (isDevice && isBare) bare ??= host;
    }
    return (away ?? bare)?.id;
  }

  /** Takes the address from whoever had it. Hearsay takes nothing. */
  #claimAddress(host: Host, { address, isSighting = true }: Observation): readonly Host[] {
    const holder = this.#index.at(address);
    if (address === undefined || holder === undefined || holder.id === host.id || !isSighting) return [];
    this.#sightings.dropAddress(holder.id, address);
    const next = deriveHost({ ...holder, addresses: holder.addresses.filter((one) => one !== address) });
    this.#index.release(address, next);
    return [next];
  }

  #absorb(host: Host, observation: Observation): { readonly host: Host; readonly isChanged: boolean } {
    const { at, service, scopeId, isSighting = true } = observation;
    const addresses = this.#withAddress(host, observation);
    const services = service === undefined ? undefined : mergeService(host.services, service);
    if (service !== undefined) this.#sightings.noteService(host.id, service, at);
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
      next.mac !== this.#index.get(host.id)?.mac;
    return { host: isChanged ? deriveHost(next) : next, isChanged };
  }

  /** A new address goes last: it becomes the first, which forwards lead to, when the old one is not seen any more. */
  #withAddress(host: Host, { address, at, isSighting = true }: Observation): readonly Ip[] {
    const owner = this.#index.at(address);
    if (address === undefined || (owner !== undefined && owner.id !== host.id)) return host.addresses;
    this.#sightings.noteAddress(host.id, address, at, isSighting);
    return host.addresses.includes(address) ? host.addresses : [...host.addresses, address];
  }

  #dropUnseen(host: Host, startedAt: number, sawServices: boolean): Host {
    if (host.lastSeenAt < startedAt) return host.online ? { ...host, online: false } : host;
    const { addresses, services } = this.#sightings.freshOf(host, startedAt, sawServices);
    if (addresses.length === host.addresses.length && services.length === host.services.length) return host;
    const next = deriveHost({ ...host, addresses, services });
    for (const address of host.addresses) {
      if (!addresses.includes(address) && this.#index.at(address)?.id === host.id)
        this.#index.release(address, next);
    }
    return next;
  }
}
