/** Port ranges of policy, made fit for an nftables interval set: sorted and without overlaps, which nft refuses. */
import type { OwnService, PermittedPeer } from '../../plugin-api/firewall-wish.ts';
import type { ConnectionMatch } from '../../ports/index.ts';

/** Ports of one protocol, both ends included. */
export interface PermittedRange {
  readonly protocol: 'tcp' | 'udp';
  readonly from: number;
  readonly to: number;
}

/** Sorts ranges and joins those that overlap or touch. */
export const mergeRanges = (ranges: readonly PermittedRange[]): readonly PermittedRange[] => {
  const sorted = [...ranges].sort((one, other) =>
    one.protocol === other.protocol ? one.from - other.from : one.protocol < other.protocol ? -1 : 1,
  );
  const merged: PermittedRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && last.protocol === range.protocol && range.from <= last.to + 1) {
      merged[merged.length - 1] = { ...last, to: Math.max(last.to, range.to) };
    } else merged.push(range);
  }
  return merged;
};

/** There is none beyond. */
export const HIGHEST_PORT = 65_535;

/** All ports of both protocols but these. */
export const closedRanges = (open: readonly PermittedRange[]): readonly PermittedRange[] =>
  (['tcp', 'udp'] as const).flatMap((protocol) => {
    const ranges = mergeRanges(open.filter((range) => range.protocol === protocol));
    const starts = [0, ...ranges.map(({ to }) => to + 1)];
    const ends = [...ranges.map(({ from }) => from - 1), HIGHEST_PORT];
    return starts.flatMap((from, at) => (from <= ends[at]! ? [{ protocol, from, to: ends[at]! }] : []));
  });

/** Connections of a machine, from it or to it, by any port but the `open` ones. */
export const connectionsBeyond = (
  open: readonly PermittedRange[],
  machine: Pick<ConnectionMatch, 'source' | 'destination'>,
): readonly ConnectionMatch[] =>
  closedRanges(open).map(({ protocol, from, to }) => ({ protocol, port: from, lastPort: to, ...machine }));

/**
 * What a peer with a port list may open. A service with two ports is one service: whoever may open one of them may
 * open the other, because policy should not have to know that 80 leads to another port.
 */
export const permittedRanges = (
  peer: PermittedPeer,
  services: readonly OwnService[],
): readonly PermittedRange[] => {
  if (peer.inbound.kind !== 'ports') return [];
  const ranges: PermittedRange[] = [...peer.inbound.ports];
  for (const { protocol, port, alsoPort } of services) {
    if (alsoPort === undefined) continue;
    const isPermitted = peer.inbound.ports.some(
      (range) =>
        range.protocol === protocol && [port, alsoPort].some((one) => range.from <= one && one <= range.to),
    );
    if (isPermitted) for (const one of [port, alsoPort]) ranges.push({ protocol, from: one, to: one });
  }
  return mergeRanges(ranges);
};
