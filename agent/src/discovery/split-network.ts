/** Networks in handy pieces. */
import { ip4ToNumber, networkOf, numberToIp4 } from '@sidegate/kit';
import type { Cidr4 } from '@sidegate/protocol';

/** The network as blocks with `bits` bits of prefix, in order; the network itself where it is no larger. */
export const splitNetwork = (cidr: Cidr4, bits: number): readonly Cidr4[] => {
  const network = networkOf(cidr);
  if (bits <= network.bits) return [`${network.base}/${network.bits}` as Cidr4];
  const first = ip4ToNumber(network.base);
  const step = 2 ** (32 - bits);
  return Array.from(
    { length: 2 ** (bits - network.bits) },
    (_, at) => `${numberToIp4(first + at * step)}/${bits}` as Cidr4,
  );
};
