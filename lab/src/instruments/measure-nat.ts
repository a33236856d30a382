/**
 * What a NAT really does, found from both of its sides as RFC 5780 does: two addresses and two ports outside. Where
 * nothing may arrive, a later datagram on a permitted path is the fence: the lab's links keep order.
 */
import type { Machine } from '../machine.ts';
import type { Filtering, Mapping, NatBehaviour } from '../nat.ts';
import { UdpPeer, type UdpSocket } from './udp-peer.ts';

/** Where to measure from and to. */
export interface NatVantage {
  /** A machine behind the NAT. */
  readonly inside: Machine;
  /** A server outside, and two of its addresses. */
  readonly server: Machine;
  readonly addresses: readonly [string, string];
}

/** A NAT's record, less its timeouts. */
export type MeasuredNat = Omit<NatBehaviour, 'timeouts'>;

/** Measures all of it in a fraction of a second. */
export const measureNat = async ({ inside, server, addresses }: NatVantage): Promise<MeasuredNat> => {
  await using near = new UdpPeer(inside);
  await using far = new UdpPeer(server);
  const [one, two] = addresses;
  const outside: Outside = await Promise.all([far.bind(one), far.bind(one), far.bind(two)]);
  const endpoints = outside.map(({ port }, index) => `${index === 2 ? two : one}:${port}`) as [
    string,
    string,
    string,
  ];
  const socket = await near.bind();
  const seen = await Promise.all(
    outside.map(async (listener, index) => {
      socket.send(endpoints[index]!, `hello ${index}`);
      return (await listener.receive(`hello ${index}`)).from;
    }),
  );
  const mapped = seen[0]!;
  const other = await near.bind();
  return {
    mapping: mappingOf(mapped.startsWith(`${await inside.address()}:`), seen),
    filtering: await measureFiltering(await near.bind(), outside, endpoints[0]),
    hairpin: await measureHairpin(other, socket, mapped, () =>
      goThereAndBack(other, outside[0], endpoints[0]),
    ),
    portPreservation: portOf(mapped) === socket.port,
  };
};

/** Sockets outside: on the first address, on its other port, on the other address. */
type Outside = [UdpSocket, UdpSocket, UdpSocket];

const portOf = (endpoint: string): number => Number(endpoint.split(':')[1]);

const mappingOf = (isUntouched: boolean, seen: readonly string[]): Mapping => {
  if (isUntouched) return 'none';
  return new Set(seen).size === 1 ? 'endpoint-independent' : 'address-and-port-dependent';
};

const measureFiltering = async (inside: UdpSocket, outside: Outside, known: string): Promise<Filtering> => {
  const [friend, otherPort, otherAddress] = outside;
  inside.send(known, 'open');
  const mapped = (await friend.receive('open')).from;
  otherAddress.send(mapped, 'other address');
  otherPort.send(mapped, 'other port');
  friend.send(mapped, 'fence');
  await inside.receive('fence');
  if (inside.has('other address')) return 'endpoint-independent';
  return inside.has('other port') ? 'address-dependent' : 'address-and-port-dependent';
};

const measureHairpin = async (
  sender: UdpSocket,
  target: UdpSocket,
  mapped: string,
  fence: () => Promise<void>,
): Promise<boolean> => {
  sender.send(mapped, 'hairpin');
  await fence();
  return target.has('hairpin');
};

/** Two round trips to the server: whatever was sent before on a shorter way has been read after them. */
const goThereAndBack = async (sender: UdpSocket, server: UdpSocket, endpoint: string): Promise<void> => {
  for (const text of ['first fence', 'second fence']) {
    sender.send(endpoint, text);
    server.send((await server.receive(text)).from, `${text} back`);
    await sender.receive(`${text} back`);
  }
};
