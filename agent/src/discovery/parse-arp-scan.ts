/** Lines of `arp-scan --plain --quiet`: address, tab, hardware address, perhaps a note on duplicates. */
import { isIp4, isUnicast4, parseIp } from '@sidegate/kit';
import type { Ip4, Mac } from '@sidegate/protocol';

const LINE = /^([0-9.]{7,15})\s+([0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5})(?:\s|$)/;

/** A line to address and hardware address; `undefined` for headers, footers, warnings and nonsense. */
export const parseArpScanLine = (line: string): { readonly address: Ip4; readonly mac: Mac } | undefined => {
  const match = LINE.exec(line);
  const address = parseIp(match?.[1] ?? '');
  if (match === null || address === undefined || !isIp4(address) || !isUnicast4(address)) return undefined;
  const mac = match[2]!.toLowerCase() as Mac;
  // Bit 0 of the first byte: a group address, which no device has for its own (IEEE 802, section 8).
  return Number.parseInt(mac.slice(0, 2), 16) % 2 === 1 || mac === '00:00:00:00:00:00'
    ? undefined
    : { address, mac };
};
