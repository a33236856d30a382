import { Cidr4, Ip4 } from '@sidegate/protocol';
import { safeParse } from 'valibot';
import { LabError } from './errors.ts';

/** Text to a branded network, or LAB_BAD_TOPOLOGY. */
export const parseCidr = (text: string): Cidr4 => {
  const result = safeParse(Cidr4, text);
  if (result.success) return result.output;
  throw new LabError('LAB_BAD_TOPOLOGY', `read ${JSON.stringify(text)} as an IPv4 network`);
};

/** Text to a branded address, or LAB_BAD_TOPOLOGY. */
export const parseAddress = (text: string): Ip4 => {
  const result = safeParse(Ip4, text);
  if (result.success) return result.output;
  throw new LabError('LAB_BAD_TOPOLOGY', `read ${JSON.stringify(text)} as an IPv4 address`);
};
