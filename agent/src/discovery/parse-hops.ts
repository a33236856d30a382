/** Who is on the way to the internet, from what `traceroute` and `ping` print. */
import { isIp4, parseIp } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';

const toIp4 = (text: string | undefined): Ip4 | undefined => {
  const address = parseIp(text ?? '');
  return address !== undefined && isIp4(address) ? address : undefined;
};

/** `traceroute -n`, of Debian and of BusyBox: one hop a line; `undefined` for one that keeps silent. */
export const parseTraceroute = (text: string): readonly (Ip4 | undefined)[] =>
  text.split('\n').flatMap((line) => {
    const match = /^ ?\d{1,2} {1,3}(\*|\d{1,3}(?:\.\d{1,3}){3})(?:\s|$)/.exec(line);
    return match === null ? [] : [toIp4(match[1])];
  });

/** `ping -n` of iputils whose packet ran out of hops: who said so. */
export const parsePingHop = (text: string): Ip4 | undefined =>
  toIp4(/^From (\d{1,3}(?:\.\d{1,3}){3}):? icmp_seq=\d+ Time to live exceeded/m.exec(text)?.[1]);
