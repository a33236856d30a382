/** Names of `in-addr.arpa` and `ip6.arpa` (RFC 1035 section 3.5, RFC 3596 section 2.5). Pure. */
import { parseIp } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';

const IP4_SUFFIX = '.in-addr.arpa';
const IP6_SUFFIX = '.ip6.arpa';
const NIBBLES = /^(?:[0-9a-f]\.){31}[0-9a-f]$/;

/** The address that a reverse name stands for, if it is a whole one. Lower case, without a dot at the end. */
export const parseReverseName = (name: string): Ip | undefined => {
  if (name.endsWith(IP4_SUFFIX))
    return parseIp(name.slice(0, -IP4_SUFFIX.length).split('.').reverse().join('.'));
  const nibbles = name.slice(0, -IP6_SUFFIX.length);
  if (!name.endsWith(IP6_SUFFIX) || !NIBBLES.test(nibbles)) return undefined;
  const groups = nibbles.split('.').reverse().join('').match(/.{4}/g)!;
  return parseIp(new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1));
};

/** The zone that negative answers name: the account's prefix, rounded to whole labels (/16 and /48). */
export const reverseZoneOf = (name: string): string =>
  name
    .split('.')
    .slice(name.endsWith(IP4_SUFFIX) ? -4 : -14)
    .join('.');
