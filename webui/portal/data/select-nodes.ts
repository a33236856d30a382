/** Which nodes a list shows, and in what order. Pure. */
import type { PathSummary, PortalNode } from '@sidegate/protocol';

/** What a list can be narrowed to. */
export type NodeFilter = 'all' | 'online' | 'offline' | 'attention';

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const haystack = ({
  name,
  fqdn,
  address4,
  address6,
  tags,
  note,
  hostname,
  platform,
  owner,
}: PortalNode): string =>
  [name, fqdn, address4, address6, ...tags, note, hostname, platform, owner?.name].join('\n').toLowerCase();

const PASSES: Readonly<Record<NodeFilter, (node: PortalNode) => boolean>> = {
  all: () => true,
  online: (node) => node.online,
  offline: (node) => !node.online,
  attention: (node) => node.health.length > 0,
};

/** Filters by state and words; online nodes first, then by name. */
export const selectNodes = (nodes: readonly PortalNode[], text: string, filter: NodeFilter): PortalNode[] => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return nodes
    .filter(PASSES[filter])
    .filter((node) => words.every((word) => haystack(node).includes(word)))
    .sort((a, b) => Number(b.online) - Number(a.online) || collator.compare(a.name, b.name));
};

/** How many paths of a node are in which state. */
export const countPaths = (paths: readonly PathSummary[]): Readonly<Record<PathSummary['state'], number>> => {
  const counts = { direct: 0, relayed: 0, down: 0 };
  for (const { state } of paths) counts[state] += 1;
  return counts;
};
