/** The entries of the access log that somebody asked for. Pure. */
import type { AccessEntry } from '@sidegate/protocol';

const isPublication = ({ publicationId, name, label, services }: AccessEntry, text: string): boolean =>
  [publicationId, name, name.split('.', 1)[0], label].some((one) => one?.toLowerCase() === text) ||
  services.some((service) => service.split('/')[1] === text);

/** `publication` is an id, a name, its first label, a label or a port; `node` a name or an address; `since` a moment. */
export const selectAccess = (
  entries: readonly AccessEntry[],
  { publication, node, since }: { readonly [key in 'publication' | 'node' | 'since']?: string | undefined },
): readonly AccessEntry[] => {
  const sinceMs = Number(since ?? 0);
  return entries.filter(
    (entry) =>
      (publication === undefined || isPublication(entry, publication.toLowerCase())) &&
      (node === undefined || [entry.node.toLowerCase(), entry.address].includes(node.toLowerCase())) &&
      (entry.isOpen || !(entry.lastAt < sinceMs)),
  );
};
