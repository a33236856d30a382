/**
 * Changes that may cut the way their author came by: whoever administers this edge from a machine behind it, reached
 * by a publication, and takes less than that publication away. Such a change is applied, and put back unless it is
 * confirmed in time. What was before is on disk before the change is made, and a start finds it there: an agent that
 * died in between puts back what nobody confirmed, without asking the clock.
 */
import { describeError } from '@sidegate/kit';
import type { PendingChange } from '@sidegate/protocol';
import * as v from 'valibot';
import { isNarrowed } from '../../forwarding/access/is-narrowed.ts';
import { resolveTarget } from '../../forwarding/plans/resolve-target.ts';
import type { ApiRequest, PluginHost } from '../../plugin-api/index.ts';
import type { Publishers } from './publishers.ts';
import {
  addToWayBack,
  isSame,
  NOTHING,
  type Pending,
  type Restored,
  recordsOf,
  UnconfirmedFile,
  type WayBack,
} from './way-back.ts';

/** Long enough to see a page not load and to come back another way. */
const CONFIRM_MS = 60_000;
const FILE = 'unconfirmed.json';

/** What both publishers give to this. */
type AnyPublisher = Publishers['forwards'] | Publishers['addresses'];

/** See the top of this file. */
export interface SafeChange {
  /** What an agent before this one left unconfirmed, to be loaded in place of what is on disk. */
  load(): Promise<Restored>;
  /** It is in the files of publications again. */
  forget(): Promise<void>;
  /** Makes a change of the publication `id`, with a way back where its author may need one. */
  guard<T>(noun: Pending['noun'], id: string, request: ApiRequest, make: () => Promise<T>): Promise<T>;
  /** The same of a change that may touch any of them, and is put back whole. */
  guardAll<T>(request: ApiRequest, make: () => Promise<T>): Promise<T>;
  addRoutes(): void;
  stop(): void;
}

/** Where the author of a request sits: a session says it itself, a shell whose it is (`via`). */
const authorOf = ({ actor, query }: ApiRequest): string | undefined =>
  actor.kind === 'local' ? query.via : actor.address;

/** Nothing is pending yet. */
export const createSafeChange = (
  host: PluginHost,
  publishers: Pick<Publishers, 'forwards' | 'addresses'>,
): SafeChange => {
  const { clock, facts, log, ports, signal } = host;
  const claim = facts.claim('pending-changes');
  let pending = NOTHING;
  let timer: Disposable | undefined;
  const publisherOf = (noun: Pending['noun']): AnyPublisher =>
    noun === 'forward' ? publishers.forwards : publishers.addresses;
  const find = (noun: Pending['noun'], id: string) =>
    publisherOf(noun)
      .records()
      .find((record) => record.id === id);
  const save = async (next: WayBack) => {
    if (next.changes.length === 0) await ports.files.remove('state', FILE);
    else await ports.files.writeText('state', FILE, JSON.stringify({ version: 1, ...next }));
    pending = next;
  };
  const show = () =>
    claim.publish(
      pending.changes.flatMap(({ record, what, endsAt }): PendingChange[] =>
        what === undefined ? [] : [{ id: record.id, what, endsAt }],
      ),
    );
  const undo = async () => {
    timer?.[Symbol.dispose]();
    const { changes, added } = pending;
    const { forwards, addresses } = recordsOf(changes);
    await publishers.addresses.restore(addresses, added);
    await publishers.forwards.restore(forwards, added);
    for (const { noun, record } of changes)
      log.info(`${noun} put back: nobody confirmed its change`, { path: record.id });
    await save(NOTHING);
    show();
  };
  const undoIn = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    timer = clock.after(delayMs, () => {
      undo().catch((error: unknown) => {
        if (signal.aborted) return;
        log.warn('put back what nobody confirmed', { why: describeError(error) });
        undoIn(CONFIRM_MS / 10);
      });
    });
  };
  /** What to go back to, where the change of this publication may cut its author off. */
  const riskOf = (noun: Pending['noun'], id: string, request: ApiRequest): Pending | undefined => {
    const record = find(noun, id);
    const author = authorOf(request);
    const publisher = publisherOf(noun);
    if (record === undefined || author === undefined || !record.enabled) return undefined;
    if (resolveTarget(record, publisher.surroundings()) !== author) return undefined;
    const shown = publisher.list().find((one) => one.id === id);
    const what = shown === undefined ? id : 'url' in shown ? shown.url : shown.fqdn;
    return { noun, record, what, endsAt: clock.wallMs() + CONFIRM_MS } as Pending;
  };
  /** Every publication as it is, without a risk of its own. */
  const snapshot = (): readonly Pending[] => {
    const endsAt = clock.wallMs() + CONFIRM_MS;
    return (['forward', 'address'] as const).flatMap((noun) =>
      publisherOf(noun)
        .records()
        .map((record) => ({ noun, record, endsAt }) as Pending),
    );
  };
  /** `risks` are publications by which the author may have come; `others` are those that may change with them. */
  const guardThese = async <T>(
    risks: readonly Pending[],
    others: readonly Pending[],
    make: () => Promise<T>,
  ): Promise<T> => {
    const before = pending;
    const unconfirmed = (those: readonly Pending[], added: readonly string[] = []) =>
      addToWayBack(before, those, added);
    await save(unconfirmed([...risks, ...others]));
    try {
      const made = await make();
      const narrowed = risks.filter(({ noun, record }) => isNarrowed(record, find(noun, record.id)));
      if (narrowed.length === 0) await save(before);
      else {
        const isChanged = ({ noun, record }: Pending) =>
          JSON.stringify(record) !== JSON.stringify(find(noun, record.id));
        const along = others.filter((one) => isChanged(one) && !narrowed.some((risk) => isSame(risk, one)));
        const known = new Set<string>(others.map(({ record }) => record.id));
        const now = others.length === 0 ? [] : snapshot().map(({ record }) => record.id as string);
        await save(
          unconfirmed(
            [...narrowed, ...along],
            now.filter((id) => !known.has(id)),
          ),
        );
        undoIn(CONFIRM_MS);
      }
      return made;
    } catch (error) {
      await save(before);
      throw error;
    } finally {
      show();
    }
  };
  return {
    async load() {
      const text = await ports.files.readText('state', FILE);
      const file =
        text === undefined
          ? undefined
          : v.safeParse(v.pipe(v.string(), v.parseJson(), UnconfirmedFile), text);
      if (file?.success === false) log.warn('what was not confirmed cannot be read');
      const { changes, added } = file?.success === true ? file.output : NOTHING;
      for (const { noun, record } of changes)
        log.info(`${noun} put back: nobody confirmed its change`, { path: record.id });
      return { ...recordsOf(changes), added };
    },
    forget: () => save(NOTHING),
    guard: (noun, id, request, make) => {
      const risk = riskOf(noun, id, request);
      return risk === undefined ? make() : guardThese([risk], [], make);
    },
    guardAll: (request, make) => {
      const all = snapshot();
      const risks = all.flatMap(({ noun, record }) => riskOf(noun, record.id, request) ?? []);
      return risks.length === 0 ? make() : guardThese(risks, all, make);
    },
    addRoutes() {
      host.hooks.api.add({
        method: 'POST',
        path: '/pending/confirm',
        summary: 'Keeps the changes that would be put back',
        async handler() {
          timer?.[Symbol.dispose]();
          await save(NOTHING);
          show();
        },
      });
      host.hooks.api.add({
        method: 'POST',
        path: '/pending/undo',
        summary: 'Puts back at once what nobody has confirmed',
        handler: undo,
      });
    },
    stop: () => timer?.[Symbol.dispose](),
  };
};
