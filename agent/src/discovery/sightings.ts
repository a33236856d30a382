/** When parts of records were last confirmed: not shown, but it decides what a finished scan drops of them. */
import type { Host, HostId, HostService, Ip } from '@sidegate/protocol';
import { serviceKey } from './merge-services.ts';

interface Seen {
  readonly addresses: Map<Ip, number>;
  readonly services: Map<string, number>;
}

/** See the top of this file. */
export class Sightings {
  readonly #seen = new Map<HostId, Seen>();

  /** Hearsay confirms nothing, but is a beginning. */
  noteAddress(id: HostId, address: Ip, at: number, isSighting: boolean): void {
    const { addresses } = this.#of(id);
    if (isSighting) addresses.set(address, at);
    else if (!addresses.has(address)) addresses.set(address, 0);
  }

  noteService(id: HostId, service: HostService, at: number): void {
    this.#of(id).services.set(serviceKey(service), at);
  }

  dropAddress(id: HostId, address: Ip): void {
    this.#seen.get(id)?.addresses.delete(address);
  }

  remove(id: HostId): void {
    this.#seen.delete(id);
  }

  /** What of a record was confirmed since; services only where somebody looked for them. */
  freshOf(host: Host, since: number, sawServices: boolean): Pick<Host, 'addresses' | 'services'> {
    const { addresses, services } = this.#of(host.id);
    const isFresh = (at: number | undefined) => (at ?? 0) >= since;
    return {
      addresses: host.addresses.filter((address) => isFresh(addresses.get(address))),
      services: sawServices
        ? host.services.filter((service) => isFresh(services.get(serviceKey(service))))
        : host.services,
    };
  }

  #of(id: HostId): Seen {
    const seen = this.#seen.get(id) ?? { addresses: new Map(), services: new Map() };
    this.#seen.set(id, seen);
    return seen;
  }
}
