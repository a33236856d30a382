import type { IfName } from '../ports/index.ts';

/** Columns of /proc/net/dev after the name (net/core/net-procfs.c): packets received and sent. */
const RECEIVED = 1;
const SENT = 9;

/** Packets through an interface by /proc/net/dev; `undefined` where it is not there. */
export const parsePacketCount = (text: string, name: IfName): number | undefined => {
  const line = text.split('\n').find((one) => one.trimStart().startsWith(`${name}:`));
  const columns =
    line
      ?.slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/)
      .map(Number) ?? [];
  const packets = (columns[RECEIVED] ?? Number.NaN) + (columns[SENT] ?? Number.NaN);
  return Number.isSafeInteger(packets) ? packets : undefined;
};
