/** dnsmasq's lease file: `expiry mac address name client-id`, one lease a line, `*` for no name. */
import { isIp4, parseIp } from '@sidegate/kit';
import { type Ip4, Mac } from '@sidegate/protocol';
import * as v from 'valibot';
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** One lease of an IPv4 address. */
export interface Lease {
  readonly mac: Mac;
  readonly address: Ip4;
  readonly name: string | undefined;
}

/** Leases that are whole; IPv6 leases and the server's own line are skipped. */
export const parseLeases = (text: string): readonly Lease[] =>
  text.split('\n').flatMap((line) => {
    const [expiry, mac, address, name] = line.split(' ');
    const parsedMac = v.safeParse(Mac, mac);
    const parsedAddress = parseIp(address ?? '');
    if (!/^\d+$/.test(expiry ?? '') || !parsedMac.success) return [];
    if (parsedAddress === undefined || !isIp4(parsedAddress)) return [];
    const label = name === undefined || name === '*' ? undefined : sanitizeText(name, 63);
    return [{ mac: parsedMac.output, address: parsedAddress, name: label }];
  });
