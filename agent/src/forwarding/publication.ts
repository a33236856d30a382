/** What a forward and an address of its own have in common: who published which host for whom, and until when. Pure. */
import type { ForwardAllow, ForwardPatch, ForwardTarget, Ip4, Mac } from '@sidegate/protocol';
import type { ForwardExpiry } from '../plugin-api/firewall-wish.ts';
import { planSources, resolveSources, type SourcePeer } from './resolve-sources.ts';

/** The common part of a record on disk. */
export interface Publication {
  readonly target: ForwardTarget;
  readonly label: string;
  readonly note: string;
  readonly enabled: boolean;
  readonly owner: string;
  /** Wall time, as is `expiresAt`. */
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly allow?: ForwardAllow | undefined;
  /** The host's hardware address: the host is followed by it even where its record was lost. */
  readonly hostMac?: Mac | undefined;
  /** Where the host was last seen; good until somebody else is seen there. */
  readonly lastAddress?: Ip4 | undefined;
}

/** What a person may change of any publication. */
export type PublicationPatch = ForwardPatch;

const patchAllow = (
  { allow }: Publication,
  patch: PublicationPatch,
  peers: readonly SourcePeer[],
): Publication['allow'] => {
  if (patch.allow === undefined) return allow;
  return patch.allow === null ? undefined : planSources(patch.allow, peers);
};

/** The record after a change of what all publications have. */
export const patchPublication = <R extends Publication>(
  record: R,
  patch: PublicationPatch,
  peers: readonly SourcePeer[],
): R => {
  const { expiresAt: before, allow: _allow, ...rest } = record;
  const allow = patchAllow(record, patch, peers);
  const expiresAt = patch.expiresAt === undefined ? before : (patch.expiresAt ?? undefined);
  return {
    ...rest,
    enabled: patch.enabled ?? record.enabled,
    label: patch.label ?? record.label,
    note: patch.note ?? record.note,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(allow === undefined ? {} : { allow }),
  } as R;
};

/** End and sources as the firewall wants them. */
export const limitsOf = (
  { expiresAt, createdAt, allow }: Publication,
  peers: readonly SourcePeer[],
): { readonly expiry?: ForwardExpiry; readonly sources?: readonly Ip4[] } => ({
  ...(expiresAt === undefined ? {} : { expiry: { atMs: expiresAt, longestMs: expiresAt - createdAt } }),
  ...(allow === undefined ? {} : { sources: resolveSources(allow, peers) }),
});
