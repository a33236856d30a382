/** Records by id, by hardware address and by IP address: three ways in, always in step. */
import type { Host, HostId, Ip, Mac } from '@sidegate/protocol';

/** See the top of this file. An address belongs to one record: who was stored with it last. */
export class HostIndex {
  readonly #hosts = new Map<HostId, Host>();
  readonly #byMac = new Map<Mac, HostId>();
  readonly #byAddress = new Map<Ip, HostId>();

  get size(): number {
    return this.#hosts.size;
  }

  get(id: HostId | undefined): Host | undefined {
    return id === undefined ? undefined : this.#hosts.get(id);
  }

  withMac(mac: Mac): Host | undefined {
    return this.get(this.#byMac.get(mac));
  }

  at(address: Ip | undefined): Host | undefined {
    return address === undefined ? undefined : this.get(this.#byAddress.get(address));
  }

  values(): IterableIterator<Host> {
    return this.#hosts.values();
  }

  store(host: Host): Host {
    this.#hosts.set(host.id, host);
    if (host.mac !== undefined) this.#byMac.set(host.mac, host.id);
    for (const address of host.addresses) this.#byAddress.set(address, host.id);
    return host;
  }

  /** The record stays without the address, as `next`. */
  release(address: Ip, next: Host): void {
    this.#byAddress.delete(address);
    this.#hosts.set(next.id, next);
  }

  remove(id: HostId): void {
    const host = this.#hosts.get(id);
    if (host === undefined) return;
    this.#hosts.delete(id);
    if (host.mac !== undefined && this.#byMac.get(host.mac) === id) this.#byMac.delete(host.mac);
    for (const address of host.addresses) {
      if (this.#byAddress.get(address) === id) this.#byAddress.delete(address);
    }
  }
}
