/**
 * An internet for simulations: NATs as plain tables, one delay for every packet, a virtual clock. What a datagram
 * carries is the caller's business. Knows nothing of WireGuard or probes.
 */
import { type Clock, formatEndpoint, splitEndpoint } from '@sidegate/kit';
import type { Endpoint, Ip4 } from '@sidegate/protocol';

/** RFC 4787 in three words: how a NAT maps, and whom it lets in. */
export type NatPreset = 'none' | 'full-cone' | 'port-restricted' | 'symmetric';

/** One socket behind its NAT. */
export interface Attachment {
  send(to: Endpoint, payload: unknown): void;
  /** The NAT forgets everything and has another public address: what a router's redial does. */
  renumber(address: Ip4): void;
}

export interface PacketRouter {
  attach(
    nat: NatPreset,
    address: Ip4,
    onPacket: (payload: unknown, from: Endpoint) => void,
    port?: number,
    /** A port of the public address that leads to the socket, whoever sends to it. */
    mappedPort?: number,
  ): Attachment;
  /** Packets that a NAT dropped, or that went nowhere. */
  readonly dropped: number;
}

interface Mapping {
  readonly publicPort: number;
  /** Whom this mapping has sent to: filters let those in. */
  readonly contacted: Set<Endpoint>;
}

const FIRST_PORT = 40_000;

/** An internet without anybody. */
export const createPacketRouter = (clock: Clock, delayMs: number): PacketRouter => {
  const inboxes = new Map<Ip4, (payload: unknown, from: Endpoint, port: number) => void>();
  let dropped = 0;
  let nextPort = FIRST_PORT;
  return {
    get dropped() {
      return dropped;
    },
    attach(nat, firstAddress, onPacket, port, mappedPort) {
      let address = firstAddress;
      let mappings = new Map<string, Mapping>();
      /** Flows that came in by the mapped port; what goes back leaves from there. */
      let guests = new Set<Endpoint>();
      const mappingTo = (to: Endpoint): Mapping => {
        const key = nat === 'symmetric' ? to : 'any';
        const known = mappings.get(key) ?? { publicPort: port ?? nextPort++, contacted: new Set<Endpoint>() };
        mappings.set(key, known);
        return known;
      };
      const isLetIn = (mapping: Mapping | undefined, from: Endpoint): boolean => {
        if (nat === 'none') return true;
        return mapping !== undefined && (nat === 'full-cone' || mapping.contacted.has(from));
      };
      /** The strictest that is out there: a flow that is known from the inside already is not known twice. */
      const isGuest = (from: Endpoint): boolean => {
        const known = [...mappings.values()].some(
          ({ contacted, publicPort }) => contacted.has(from) && publicPort !== mappedPort,
        );
        if (!known) guests.add(from);
        return !known;
      };
      const receive = (payload: unknown, from: Endpoint, toPort: number) => {
        if (toPort === mappedPort) {
          if (guests.has(from) || isGuest(from)) onPacket(payload, from);
          else dropped += 1;
          return;
        }
        const mapping = [...mappings.values()].find(({ publicPort }) => publicPort === toPort);
        if (isLetIn(mapping, from)) onPacket(payload, from);
        else dropped += 1;
      };
      inboxes.set(address, receive);
      return {
        send(to, payload) {
          const isAnswer = guests.has(to);
          if (!isAnswer) mappingTo(to).contacted.add(to);
          const from = formatEndpoint({ address, port: isAnswer ? mappedPort! : mappingTo(to).publicPort });
          const target = splitEndpoint(to);
          clock.after(delayMs, () => {
            const inbox = inboxes.get(target.address as Ip4);
            if (inbox === undefined) dropped += 1;
            else inbox(payload, from, target.port);
          });
        },
        renumber(next) {
          inboxes.delete(address);
          address = next;
          mappings = new Map();
          guests = new Set();
          inboxes.set(address, receive);
        },
      };
    },
  };
};
