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
  /**
   * The socket has another inside address, behind the same NAT. That still holds the flows of the one before, but for
   * those that `isOver`, as conntrack does: each keeps its outside port from being used towards the same destination,
   * and lives on while something comes in by it.
   */
  moveInside(isOver: (to: Endpoint) => boolean): void;
}

/** The internet between NATs: whatever a socket sends arrives where the NATs on the way let it. */
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
  /** Whom this mapping has sent to, and until when that is remembered: filters let those in. */
  readonly contacted: Map<Endpoint, number>;
}

const FIRST_PORT = 40_000;
/** nf_conntrack_udp_timeout_stream of Linux. */
const FLOW_LIFE_MS = 120_000;

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
      /** Flows of a former inside address, by outside port and destination, and until when they are kept. */
      const foreign = new Map<string, number>();
      const isForeign = (publicPort: number, to: Endpoint): boolean =>
        (foreign.get(`${publicPort} ${to}`) ?? 0) > clock.monoMs();
      let ownPort = port;
      const pickPort = (to: Endpoint): number => {
        if (nat === 'symmetric') return port ?? nextPort++;
        ownPort ??= nextPort++;
        return isForeign(ownPort, to) ? nextPort++ : ownPort;
      };
      const hasFlow = ({ contacted }: Mapping, to: Endpoint): boolean =>
        (contacted.get(to) ?? 0) > clock.monoMs();
      /** A mapping is used again where its port is free towards there. */
      const mappingTo = (to: Endpoint): Mapping => {
        const all = [...mappings.values()];
        const known =
          nat === 'symmetric'
            ? mappings.get(to)
            : (all.find((mapping) => hasFlow(mapping, to)) ??
              all.find(({ publicPort }) => !isForeign(publicPort, to)));
        const mapping = known ?? { publicPort: pickPort(to), contacted: new Map<Endpoint, number>() };
        mappings.set(nat === 'symmetric' ? to : String(mapping.publicPort), mapping);
        return mapping;
      };
      const isLetIn = (mapping: Mapping | undefined, from: Endpoint): boolean => {
        if (nat === 'none') return true;
        return mapping !== undefined && (nat === 'full-cone' || hasFlow(mapping, from));
      };
      /** The strictest that is out there: a flow that is known from the inside already is not known twice. */
      const isGuest = (from: Endpoint): boolean => {
        const known = [...mappings.values()].some(
          (mapping) => hasFlow(mapping, from) && mapping.publicPort !== mappedPort,
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
        if (isForeign(toPort, from)) {
          foreign.set(`${toPort} ${from}`, clock.monoMs() + FLOW_LIFE_MS);
          dropped += 1;
        } else if (isLetIn(mapping, from)) onPacket(payload, from);
        else dropped += 1;
      };
      inboxes.set(address, receive);
      return {
        send(to, payload) {
          const isAnswer = guests.has(to);
          if (!isAnswer) mappingTo(to).contacted.set(to, clock.monoMs() + FLOW_LIFE_MS);
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
        moveInside(isOver) {
          for (const { publicPort, contacted } of mappings.values()) {
            for (const to of contacted.keys())
              if (!isOver(to)) foreign.set(`${publicPort} ${to}`, clock.monoMs() + FLOW_LIFE_MS);
          }
          mappings = new Map();
        },
      };
    },
  };
};
