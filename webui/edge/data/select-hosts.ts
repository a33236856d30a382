/** Which hosts a list shows, and in what order. Pure. */
import type { Host, HostKind } from '@sidegate/protocol';

/** Columns one can sort by. */
export type HostOrder = 'name' | 'address' | 'seen';

/** What a person asked for; empty text and `all` mean no filter. */
export interface HostSelection {
  readonly text: string;
  readonly kind: HostKind | 'all';
  readonly order: HostOrder;
  readonly descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const haystack = (host: Host): string =>
  [
    host.name,
    host.vendor,
    host.mac,
    host.note,
    host.kind,
    ...host.addresses,
    ...host.services.flatMap((service) => [service.name, String(service.port), service.title]),
  ]
    .join('\n')
    .toLowerCase();

const hasWords = (host: Host, text: string): boolean => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const found = haystack(host);
  return words.every((word) => found.includes(word));
};

const COMPARE: Readonly<Record<HostOrder, (a: Host, b: Host) => number>> = {
  name: (a, b) => collator.compare(a.name, b.name),
  address: (a, b) => collator.compare(a.addresses[0] ?? '~', b.addresses[0] ?? '~'),
  seen: (a, b) => Number(b.online) - Number(a.online) || b.lastSeenAt - a.lastSeenAt,
};

/** Filters and sorts; equal rows fall back to the address, so that rows do not jump while a scan runs. */
export const selectHosts = (hosts: readonly Host[], selection: HostSelection): Host[] => {
  const compare = COMPARE[selection.order];
  const sign = selection.descending ? -1 : 1;
  return hosts
    .filter((host) => selection.kind === 'all' || host.kind === selection.kind)
    .filter((host) => hasWords(host, selection.text))
    .sort((a, b) => sign * compare(a, b) || COMPARE.address(a, b));
};

/** Kinds that occur, most frequent first, with their numbers. */
export const countKinds = (hosts: readonly Host[]): (readonly [kind: HostKind, count: number])[] => {
  const counts = new Map<HostKind, number>();
  for (const { kind } of hosts) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || collator.compare(a[0], b[0]));
};
