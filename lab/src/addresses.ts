import { Cidr4, Ip4, Ip6 } from '@sidegate/protocol';
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

/** Is it an IPv6 address or network? */
export const isIp6 = (text: string): boolean => text.includes(':');

/** The nth address of an IPv6 network written as `2001:db8:a::/64`, or LAB_BAD_TOPOLOGY. */
export const hostOf6 = (prefix: string, index: number): string => {
  const start = /^([0-9a-f:]+::)\/64$/.exec(prefix)?.[1];
  if (start !== undefined && safeParse(Ip6, `${start}1`).success) return `${start}${index.toString(16)}`;
  throw new LabError('LAB_BAD_TOPOLOGY', `read ${JSON.stringify(prefix)} as an IPv6 network of 64 bits`);
};

/** An address in such a network, or LAB_BAD_TOPOLOGY. */
export const parseAddressIn6 = (text: string, prefix: string | undefined): string => {
  const start = prefix?.replace(/\/64$/, '');
  const rest = start !== undefined && text.startsWith(start) ? text.slice(start.length) : '';
  if (/^[0-9a-f]{1,4}$/.test(rest)) return text;
  throw new LabError(
    'LAB_BAD_TOPOLOGY',
    `find ${JSON.stringify(text)} in ${prefix ?? 'a network without IPv6'}`,
  );
};
