/** What a forward and an address of its own have in common: who published which host for whom, and until when. Pure. */
import { isInCidr } from '@sidegate/kit';
import { Forward, type ForwardPatch, Ip4, Mac, type NewForward, type Scope } from '@sidegate/protocol';
import * as v from 'valibot';
import type { ForwardExpiry, LanWire } from '../plugin-api/firewall-wish.ts';
import { describeSources, planSources, resolveSources, type SourcePeer } from './plans/resolve-sources.ts';

const { target, label, note, enabled, owner, createdAt, expiresAt, allow, wake } = Forward.entries;
/** What every record on disk has; those of addresses have the same words for the same things. */
export const PUBLICATION_ENTRIES = {
  target,
  label,
  note: v.optional(note, ''),
  enabled,
  owner,
  /** Wall time, as is `expiresAt`. */
  createdAt,
  expiresAt,
  allow,
  wake,
  /** The host's hardware address: the host is followed by it even where its record was lost. */
  hostMac: v.optional(Mac),
  /** Where the host was last seen; good until somebody else is seen there. */
  lastAddress: v.optional(Ip4),
};
const Common = v.object(PUBLICATION_ENTRIES);
/** The common part of a record on disk. */
export type Publication = Readonly<v.InferOutput<typeof Common>>;

/** The part of a new record that does not say where it leads. Sources that nobody is called by are refused. */
export const planPublication = (
  {
    label,
    note,
    expiresAt,
    allow,
    wake,
  }: Pick<NewForward, 'label' | 'note' | 'expiresAt' | 'allow' | 'wake'>,
  { owner, at }: { readonly owner: string; readonly at: number },
  peers: readonly SourcePeer[],
) => ({
  label,
  note,
  enabled: true,
  owner,
  createdAt: at,
  ...(expiresAt === undefined ? {} : { expiresAt }),
  ...(allow === undefined ? {} : { allow: planSources(allow, peers) }),
  ...(wake === true ? { wake } : {}),
});

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
  const { expiresAt: before, allow: _allow, wake: asleep, ...rest } = record;
  const allow = patchAllow(record, patch, peers);
  const expiresAt = patch.expiresAt === undefined ? before : (patch.expiresAt ?? undefined);
  return {
    ...rest,
    enabled: patch.enabled ?? record.enabled,
    label: patch.label ?? record.label,
    note: patch.note ?? record.note,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(allow === undefined ? {} : { allow }),
    ...((patch.wake ?? asleep) ? { wake: true } : {}),
  } as R;
};

/** Who may, in words; nothing where it is for whoever policy permits. */
export const allowWordsOf = (
  { allow }: Publication,
  peers: readonly SourcePeer[],
): { readonly allowWords?: string[] } =>
  allow === undefined ? {} : { allowWords: describeSources(allow, peers) };

/** End and sources as the firewall wants them. */
export const limitsOf = (
  { expiresAt, createdAt, allow }: Publication,
  peers: readonly SourcePeer[],
): { readonly expiry?: ForwardExpiry; readonly sources?: readonly Ip4[] } => ({
  ...(expiresAt === undefined ? {} : { expiry: { atMs: expiresAt, longestMs: expiresAt - createdAt } }),
  ...(allow === undefined ? {} : { sources: resolveSources(allow, peers) }),
});

/**
 * The wire whose machines may open the publication by its name in the mesh, as its target does not get any nearer to
 * them by that. One that is for somebody is for nobody else.
 */
export const lanOf = (
  { allow }: Publication,
  targetAddress: Ip4,
  scopes: readonly Scope[] = [],
): { readonly lan?: LanWire } => {
  if (allow !== undefined) return {};
  for (const { kind, cidr, interfaceName } of scopes)
    if (kind === 'attached' && interfaceName !== undefined && isInCidr(targetAddress, cidr))
      return { lan: { interfaceName, cidr } };
  return {};
};
