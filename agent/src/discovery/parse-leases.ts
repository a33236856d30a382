/**
 * Lease files of the DHCP servers that routers and small boards run. Which one wrote a file is told by its first
 * words; what is not a whole lease of an IPv4 address is skipped.
 */
import { isIp4, numberToIp4, parseIp } from '@sidegate/kit';
import { type Ip4, Mac } from '@sidegate/protocol';
import * as v from 'valibot';
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** One lease of an IPv4 address. */
export interface Lease {
  readonly mac: Mac;
  readonly address: Ip4;
  readonly name: string | undefined;
}

const NO_NAMES = new Set(['', '*', '-']);

/** A lease of texts, in a list that is empty where one of them is not what it should be. */
export const toLease = (
  mac: string | undefined,
  address: string | undefined,
  name: string | undefined,
): Lease[] => {
  const parsedMac = v.safeParse(Mac, mac);
  const parsedAddress = parseIp(address ?? '');
  if (!parsedMac.success || parsedAddress === undefined || !isIp4(parsedAddress)) return [];
  const label = NO_NAMES.has(name ?? '') ? undefined : sanitizeText(name!.replace(/\.$/, ''), 63);
  return [{ mac: parsedMac.output, address: parsedAddress, name: label }];
};

/** dnsmasq: `expiry mac address name client-id`, `*` for no name. */
const parseDnsmasqLine = (line: string): Lease[] => {
  const [expiry, mac, address, name] = line.split(' ');
  return /^\d+$/.test(expiry ?? '') ? toLease(mac, address, name) : [];
};

/** odhcpd: `# interface mac-in-hex ipv4 name expiry address-in-hex ...`, `-` for no name. */
const parseOdhcpdLine = (line: string): Lease[] => {
  const [hash, , digits = '', family, name, , address = ''] = line.split(' ');
  if (
    hash !== '#' ||
    family !== 'ipv4' ||
    !/^[0-9a-f]{12}$/i.test(digits) ||
    !/^[0-9a-f]{1,8}$/i.test(address)
  )
    return [];
  return toLease(
    digits.match(/../g)!.join(':'),
    numberToIp4(Number.parseInt(address, 16)),
    name?.replace(/^broken\\x20/, ''),
  );
};

/** ISC dhcpd: `lease address { ... }`, written again and again; the last one of an address counts. */
const parseIscBlocks = (text: string): Lease[] =>
  text
    .split(/^lease /m)
    .slice(1)
    .flatMap((block) => {
      if (!/^\s*binding state active;/m.test(block)) return [];
      const address = /^(\S{7,15}) \{/.exec(block)?.[1];
      const mac = /^\s*hardware ethernet ([0-9a-f:]{17});/im.exec(block)?.[1];
      return toLease(mac, address, /^\s*client-hostname "([^"\n]{1,255})";/m.exec(block)?.[1]);
    });

/** Kea's memfile: CSV with a header; a comma inside a field is written `&#x2c`. State 0 is a lease in use. */
const parseKeaLines = (lines: readonly string[]): Lease[] => {
  const columns = (lines[0] ?? '').trim().split(',');
  const at = (cells: readonly string[], column: string) => cells[columns.indexOf(column)];
  return lines.slice(1).flatMap((line) => {
    const cells = line.trim().split(',');
    if (at(cells, 'state') !== '0') return [];
    return toLease(at(cells, 'hwaddr'), at(cells, 'address'), at(cells, 'hostname'));
  });
};

/** The leases of a file, each address once. */
export const parseLeases = (text: string): readonly Lease[] => {
  const lines = text.split('\n');
  const leases = text.startsWith('address,hwaddr,')
    ? parseKeaLines(lines)
    : /^lease \S+ \{/m.test(text)
      ? parseIscBlocks(text)
      : lines.flatMap((line) => (line.startsWith('#') ? parseOdhcpdLine(line) : parseDnsmasqLine(line)));
  return [...new Map(leases.map((lease) => [lease.address, lease])).values()];
};
