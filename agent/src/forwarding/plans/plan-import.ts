/**
 * What a file of publications changes. Every publication of the file is one that is there already, known by what it
 * takes (an edge port, a host's key) and then changed in place with its id and counters, or a new one; each is checked
 * as if a person had asked for it, against all that will be there. Pure: a list of steps and the records come out.
 */
import type {
  AddressId,
  ForwardId,
  HostId,
  ImportStep,
  PortableAddress,
  PortableForward,
  PortableTarget,
} from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { AddressRecord } from '../address-record.ts';
import { type ForwardRecord, protocolsOf } from '../forward-record.ts';
import type { Publication } from '../publication.ts';
import { planAddress } from './plan-address.ts';
import { type ForwardingState, type PlannedTarget, planForward } from './plan-forward.ts';
import { leadsTo, planPortableTarget } from './portable-target.ts';

/** What a new publication needs beside the file. */
export interface ImportMakings {
  readonly newId: { forward(): ForwardId; address(): AddressId; host(): HostId };
  readonly owner: string;
  readonly at: number;
  /** What is not in the file goes. */
  readonly isReplace: boolean;
}

/** The records as they will be, and what that means for each. */
export interface ImportPart<R> {
  readonly next: readonly R[];
  readonly steps: readonly ImportStep[];
}

/** What is common to the entries of a file. */
type Entry = Pick<PortableForward, 'target' | 'label' | 'enabled' | 'expiresAt'>;

/** One kind of publication, to the fold below. */
interface ImportKind<E extends Entry, R extends Publication & { readonly id: string }> {
  readonly noun: ImportStep['noun'];
  /** Fields in which a record may differ from what the file says. */
  readonly fields: readonly (keyof R & string)[];
  /** How sure is it that the entry is this record? The surest pair first, nothing for no pair. */
  readonly isSame: readonly ((entry: E, record: R) => boolean)[];
  make(entry: E, others: readonly R[], twin: R | undefined): R;
  title(entry: E | R): string;
}

/** In words for people. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  target: 'host',
  targetPort: 'port',
  portCount: 'number of ports',
  expiresAt: 'end',
  allow: 'who may',
  enabled: 'on or off',
};

const differences = <R>(before: R, after: R, fields: readonly (keyof R & string)[]): string =>
  fields
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .map((field) => FIELD_NAMES[field] ?? field)
    .join(', ');

/** Each record is the twin of one entry at most. */
const findTwins = <E extends Entry, R extends Publication & { readonly id: string }>(
  entries: readonly E[],
  present: readonly R[],
  { isSame }: ImportKind<E, R>,
): ReadonlyMap<E, R> => {
  const twins = new Map<E, R>();
  const free = new Set(present);
  for (const test of isSame) {
    for (const entry of entries) {
      if (twins.has(entry)) continue;
      for (const record of free) {
        if (!test(entry, record)) continue;
        twins.set(entry, record);
        free.delete(record);
        break;
      }
    }
  }
  return twins;
};

const planPart = <E extends Entry, R extends Publication & { readonly id: string }>(
  entries: readonly E[],
  present: readonly R[],
  kind: ImportKind<E, R>,
  { at, isReplace }: ImportMakings,
): ImportPart<R> => {
  const { noun, title } = kind;
  const isOver = ({ expiresAt }: E) => expiresAt !== undefined && expiresAt <= at;
  const alive = entries.filter((entry) => !isOver(entry));
  const twins = findTwins(alive, present, kind);
  const claimed = new Set(twins.values());
  const unnamed = present.filter((record) => !claimed.has(record));
  const kept = isReplace ? [] : unnamed;
  const planned: R[] = [];
  const steps = alive.map((entry): ImportStep => {
    const twin = twins.get(entry);
    try {
      const made = kind.make(entry, [...kept, ...planned], twin);
      planned.push(made);
      if (twin === undefined) return { noun, what: 'added', title: title(made) };
      const why = differences(twin, made, kind.fields);
      return { noun, title: title(made), ...(why === '' ? { what: 'unchanged' } : { what: 'changed', why }) };
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      return { noun, what: 'refused', title: title(entry), why: error.message, code: error.code };
    }
  });
  const byId = new Map(planned.map((record) => [record.id, record]));
  const inPlace = present.flatMap((record) => byId.get(record.id) ?? (kept.includes(record) ? record : []));
  const isNew = ({ id }: R) => !present.some((record) => record.id === id);
  return {
    next: [...inPlace, ...planned.filter(isNew)],
    steps: [
      ...steps,
      ...entries.filter(isOver).map((entry) => step(noun, 'skipped', title(entry), 'it has ended already')),
      ...(isReplace ? unnamed.map((record) => step(noun, 'removed', title(record))) : []),
    ],
  };
};

const step = (
  noun: ImportStep['noun'],
  what: ImportStep['what'],
  title: string,
  why?: string,
): ImportStep => ({ noun, what, title, ...(why === undefined ? {} : { why }) });

const placeOf = (of: { readonly target: PortableTarget } | Publication): string => {
  const { target } = of;
  if (!('kind' in target)) return target.address ?? target.name ?? target.mac ?? '?';
  if (target.kind === 'address') return target.address;
  const { lastAddress, hostMac } = of as Publication;
  return lastAddress ?? hostMac ?? target.hostId;
};

/** What a target becomes: as it was where it leads there already, so that a host that is away is no obstacle. */
const targetFor = (
  entry: Entry,
  twin: Publication | undefined,
  state: ForwardingState,
  { newId }: ImportMakings,
): { readonly target: Publication['target']; readonly planned: PlannedTarget } => {
  if (twin === undefined || !leadsTo(entry.target, twin))
    return planPortableTarget(entry.target, state, newId.host);
  const { target, hostMac, lastAddress } = twin;
  return {
    target,
    planned: {
      ...(hostMac === undefined ? {} : { hostMac }),
      ...(lastAddress === undefined ? {} : { lastAddress }),
    },
  };
};

/** Who made it and when stays, and a switch that is off is kept. */
const kept = <R extends Publication>(made: R, { enabled }: Entry, twin: R | undefined): R => ({
  ...made,
  enabled,
  ...(twin === undefined ? {} : { owner: twin.owner, createdAt: twin.createdAt }),
});

const COMMON_FIELDS = ['target', 'label', 'note', 'enabled', 'expiresAt', 'allow', 'wake'] as const;

/** The forwards of a file. `state.forwards` are those that are there. */
export const planForwardImport = (
  entries: readonly PortableForward[],
  state: ForwardingState,
  makings: ImportMakings,
): ImportPart<ForwardRecord> => {
  const takes = (entry: PortableForward, record: ForwardRecord) =>
    entry.edgePort === undefined
      ? entry.targetPort === record.targetPort && leadsTo(entry.target, record)
      : entry.edgePort === record.edgePort;
  return planPart(
    entries,
    state.forwards,
    {
      noun: 'forward',
      fields: ['protocol', 'targetPort', 'portCount', ...COMMON_FIELDS],
      isSame: [
        (entry, record) => takes(entry, record) && entry.protocol === record.protocol,
        (entry, record) =>
          takes(entry, record) &&
          protocolsOf(entry.protocol).some((one) => protocolsOf(record.protocol).includes(one)),
      ],
      make(entry, others, twin) {
        const { enabled: _, ...rest } = entry;
        const { target, planned } = targetFor(entry, twin, state, makings);
        const edgePort = entry.edgePort ?? twin?.edgePort;
        const made = planForward(
          { ...rest, target, ...(edgePort === undefined ? {} : { edgePort }) },
          { ...state, forwards: others },
          { id: twin?.id ?? makings.newId.forward(), owner: makings.owner, at: makings.at },
          planned,
        );
        return kept(made, entry, twin);
      },
      title: (of) => `${of.edgePort ?? 'a port'}/${of.protocol} to ${placeOf(of)}:${of.targetPort}`,
    },
    makings,
  );
};

/** The addresses of a file. */
export const planAddressImport = (
  entries: readonly PortableAddress[],
  present: readonly AddressRecord[],
  state: ForwardingState,
  makings: ImportMakings,
): ImportPart<AddressRecord> =>
  planPart(
    entries,
    present,
    {
      noun: 'address',
      fields: ['name', 'ports', ...COMMON_FIELDS],
      isSame: [({ target: { mac, address } }, { key }) => key === ((mac ?? address) as string)],
      make(entry, others, twin) {
        const { enabled: _, ...rest } = entry;
        const { target, planned } = targetFor(entry, twin, state, makings);
        const name = entry.name ?? twin?.name;
        const made = planAddress(
          { ...rest, target, ...(name === undefined ? {} : { name }) },
          others,
          state,
          { id: twin?.id ?? makings.newId.address(), owner: makings.owner, at: makings.at },
          planned,
        );
        return kept(made, entry, twin);
      },
      title: (of) => `${of.name ?? 'a name'} to ${placeOf(of)}`,
    },
    makings,
  );
