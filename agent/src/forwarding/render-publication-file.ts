/** Publications as a file that any edge can take over. Pure. */
import type { ForwardAllow, PortableForward, PublicationFile } from '@sidegate/protocol';
import type { AddressRecord } from './address-record.ts';
import type { ForwardRecord } from './forward-record.ts';
import { portableTarget } from './plans/portable-target.ts';
import type { Surroundings } from './plans/resolve-target.ts';
import type { Publication } from './publication.ts';

const commonOf = (
  record: Publication,
  surroundings: Surroundings,
): Pick<PortableForward, 'target' | 'label' | 'note' | 'enabled' | 'expiresAt' | 'allow' | 'wake'> => {
  const { label, note, enabled, expiresAt, allow, wake } = record;
  return {
    target: portableTarget(record, surroundings),
    label,
    note,
    enabled,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(allow === undefined ? {} : { allow: allow satisfies ForwardAllow }),
    ...(wake === true ? { wake } : {}),
  };
};

/** Ids, owners, counters and what the broker allotted stay behind. */
export const renderPublicationFile = (
  { forwards, addresses }: { forwards: readonly ForwardRecord[]; addresses: readonly AddressRecord[] },
  surroundings: Surroundings,
  { edge, at }: { readonly edge: string; readonly at: number },
): PublicationFile => ({
  format: 'sidegate-publications',
  version: 1,
  edge,
  exportedAt: at,
  forwards: forwards.map((record) => ({
    protocol: record.protocol,
    edgePort: record.edgePort,
    targetPort: record.targetPort,
    ...(record.portCount === undefined ? {} : { portCount: record.portCount }),
    ...commonOf(record, surroundings),
  })),
  addresses: addresses.map((record) => ({
    name: record.name,
    ...(record.ports === undefined ? {} : { ports: record.ports }),
    ...commonOf(record, surroundings),
  })),
});
