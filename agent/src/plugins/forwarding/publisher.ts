/**
 * Publications of one kind: kept on disk, wished of the firewall, following their hosts, ending in time. One change at
 * a time, and a change is whole: what nft or the disk refuses is undone before the error goes out. What forwards and
 * addresses differ in is a `PublicationKind`.
 */
import { createTurns } from '@sidegate/kit';
import { isLedElsewhere } from '../../forwarding/access/is-narrowed.ts';
import { checkWake } from '../../forwarding/plans/check-wake.ts';
import { checkExpiry } from '../../forwarding/plans/plan-forward.ts';
import type { SourcePeer } from '../../forwarding/plans/resolve-sources.ts';
import { learnTarget, type Surroundings } from '../../forwarding/plans/resolve-target.ts';
import { type Publication, type PublicationPatch, patchPublication } from '../../forwarding/publication.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import type { ConnectionMatch } from '../../ports/index.ts';
import { createExpiryTimer, type ExpiryTimer } from './expiry-timer.ts';
import { lostConnections } from './lost-connections.ts';
import type { PublicationKind, Rule, Shown } from './publication-kind.ts';
import type { PublicationStore } from './publication-store.ts';

/** What a publisher works with. */
export interface PublisherDeps<
  R extends Publication & { readonly id: string },
  V extends Shown,
  F extends Rule,
> {
  readonly host: PluginHost;
  readonly kind: PublicationKind<R, V, F>;
  readonly store: PublicationStore<R>;
  /** Continues the counters: what leaves the table takes them along. */
  readonly readUsage: () => Promise<void>;
  /** Tells the firewall. */
  readonly wish: (rules: readonly F[]) => void;
  readonly publish: (shown: readonly V[]) => void;
  /** Turns IP forwarding on or off as the publications need it; resolves when it is so. */
  readonly keepForwarding: () => Promise<void>;
}

type ApplyPatch<R> = (record: R, present: readonly R[], peers: readonly SourcePeer[]) => R;

const targetsOf = (rules: readonly Rule[]): ReadonlyMap<string, string> =>
  new Map(rules.map(({ id, targetAddress }) => [id, targetAddress]));

const applyCommon =
  <R extends Publication>(patch: PublicationPatch): ApplyPatch<R> =>
  (record, _, peers) =>
    patchPublication(record, patch, peers);

/** See the top of this file. */
export class Publisher<R extends Publication & { readonly id: string }, V extends Shown, F extends Rule> {
  readonly #deps: PublisherDeps<R, V, F>;
  #records: readonly R[] = [];
  #shown: ReadonlyMap<string, V> = new Map();
  #rules: readonly F[] = [];
  #peers: readonly SourcePeer[] = [];
  readonly #inTurn = createTurns();
  readonly #expiry: ExpiryTimer;

  constructor(deps: PublisherDeps<R, V, F>) {
    this.#deps = deps;
    this.#expiry = createExpiryTimer(deps.host, deps.kind.noun, async () => {
      await this.#expire();
      this.#expiry.watch(this.#records);
    });
  }

  records(): readonly R[] {
    return this.#records;
  }

  ids(): readonly string[] {
    return this.#records.map(({ id }) => id);
  }

  /** Is there anything to forward? */
  hasEnabled(): boolean {
    return this.#records.some(({ enabled }) => enabled);
  }

  list(): readonly V[] {
    return [...this.#shown.values()];
  }

  /** Takes over what the file has, without waiting for the kernel, and puts back as `restore` does. */
  async load(restored: readonly R[] = [], added: readonly string[] = []): Promise<void> {
    this.#records = this.#withRestored(await this.#deps.store.load(), restored, added);
    if (restored.length + added.length > 0) await this.#deps.store.save(this.#records);
    this.#deps.kind.onKept?.(this.#records);
    this.#wish();
    this.show();
    this.#expiry.watch(this.#records);
  }

  /** No more timers. */
  stop(): void {
    this.#expiry.stop();
  }

  /** `plan` sees the records as they are when its turn has come. */
  create(plan: (present: readonly R[]) => Promise<R>): Promise<V> {
    return this.#inTurn(async () => {
      const record = await plan(this.#records);
      await this.#commit([...this.#records, record]);
      this.#note('added', record, record.owner);
      return this.#shown.get(record.id)!;
    });
  }

  /** What `plan` would make, and its rules. */
  async preview(
    plan: (present: readonly R[]) => Promise<R>,
  ): Promise<{ readonly shown: V; readonly rules: readonly F[] }> {
    const record = await plan(this.#records);
    const { kind } = this.#deps;
    return {
      shown: kind.view(record, this.surroundings()),
      rules: kind.rules([record], this.surroundings()),
    };
  }

  /** The record after a change; throws where it cannot be. */
  planPatch(id: R['id'], patch: PublicationPatch, apply: ApplyPatch<R> = applyCommon(patch)): R {
    const record = this.#find(id);
    checkExpiry(patch.expiresAt, this.#deps.host.clock.wallMs());
    const { hosts = [], scopes = [], peers } = this.surroundings();
    const next = apply(record, this.#records, peers);
    if (patch.wake === true) checkWake(next, { hosts, scopes });
    return next;
  }

  patch(id: R['id'], patch: PublicationPatch, apply?: ApplyPatch<R>): Promise<V> {
    return this.#inTurn(async () => {
      const record = this.#find(id);
      const next = this.planPatch(id, patch, apply);
      const before = this.#rules;
      await this.#commit(this.#records.map((one) => (one.id === id ? next : one)));
      const isOff = record.enabled && !next.enabled;
      await this.#cut(isOff ? this.#deps.kind.connectionsOf(record) : this.#lost(before));
      return this.#shown.get(id)!;
    });
  }

  remove(id: R['id'], user: string): Promise<void> {
    return this.#inTurn(async () => {
      const record = this.#find(id);
      // Known by what it has only as long as it has it.
      const connections = this.#deps.kind.connectionsOf(record);
      await this.#commit(this.#records.filter((one) => one.id !== id));
      await this.#cut(connections);
      this.#deps.kind.onRemoved(id);
      this.#note('removed', record, user);
    });
  }

  /** Many changes in one transaction; `plan` sees the records as they are when its turn has come. */
  exchange(plan: (present: readonly R[]) => Promise<readonly R[]>, user?: string): Promise<void> {
    return this.#inTurn(async () => {
      const [before, rulesBefore] = [this.#records, this.#rules];
      const next = await plan(before);
      const later = new Map(next.map((record) => [record.id as string, record]));
      const cut = before.flatMap((record) => {
        const after = later.get(record.id);
        const isOver = after === undefined || !after.enabled || isLedElsewhere(record, after);
        return record.enabled && isOver ? this.#deps.kind.connectionsOf(record) : [];
      });
      await this.#commit(next);
      await this.#cut([...cut, ...this.#lost(rulesBefore)]);
      const known = new Set<string>(before.map(({ id }) => id));
      for (const record of next) if (!known.has(record.id)) this.#note('added', record, user);
      for (const record of before.filter(({ id }) => !later.has(id))) {
        this.#deps.kind.onRemoved(record.id);
        this.#note('removed', record, user);
      }
    });
  }

  /** Publications are again what they were; those that were `added`, or have taken their place since, are gone. */
  restore(restored: readonly R[], added: readonly string[]): Promise<void> {
    return this.exchange(async (present) => this.#withRestored(present, restored, added));
  }

  /** Hosts, scopes, names or addresses changed: publications follow. */
  follow(): Promise<void> {
    return this.#inTurn(async () => {
      const rulesBefore = this.#rules;
      const before = targetsOf(rulesBefore);
      const learned = this.#records.map((record) => learnTarget(record, this.surroundings()));
      const hasLearned = learned.some((record, at) => record !== this.#records[at]);
      this.#records = learned;
      if (this.#wish()) await this.#deps.host.hooks.firewall.settled();
      this.show();
      // What is shown may know of the move already: it is made anew whenever counters change.
      const after = targetsOf(this.#rules);
      const moved = learned.filter(({ id }) => before.has(id) && before.get(id) !== after.get(id));
      await this.#cut([
        ...moved.flatMap((record) => this.#deps.kind.connectionsOf(record)),
        ...this.#lost(rulesBefore),
      ]);
      if (hasLearned) await this.#deps.store.save(learned);
    });
  }

  /** Publishes the list, and an event for each that looks different. */
  show(): void {
    const { kind, publish } = this.#deps;
    const before = this.#shown;
    const surroundings = this.surroundings();
    const after = new Map(this.#records.map((record) => [record.id, kind.view(record, surroundings)]));
    this.#shown = after;
    const changed = [...after.values()].filter(
      (shown) => JSON.stringify(shown) !== JSON.stringify(before.get(shown.id)),
    );
    if (changed.length > 0 || before.size !== after.size) publish(this.list());
    for (const shown of changed) kind.onChanged(shown);
  }

  /** What is around just now. */
  surroundings(): Surroundings {
    const { facts } = this.#deps.host;
    // A map that is away for a moment shuts nobody out.
    this.#peers = facts.get('network-map')?.peers ?? this.#peers;
    return { hosts: facts.get('hosts'), scopes: facts.get('scopes'), peers: this.#peers };
  }

  /** Removes what has ended; the kernel lets nothing of it through any more. */
  #expire(): Promise<void> {
    return this.#inTurn(async () => {
      const { host, kind } = this.#deps;
      const nowMs = host.clock.wallMs();
      const ended = this.#records.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= nowMs);
      if (ended.length === 0) return;
      const connections = ended.flatMap((record) => kind.connectionsOf(record));
      await this.#commit(this.#records.filter((record) => !ended.includes(record)));
      await this.#cut(connections);
      for (const record of ended) {
        kind.onRemoved(record.id);
        this.#note('expired', record);
      }
    });
  }

  #withRestored(present: readonly R[], restored: readonly R[], added: readonly string[]): readonly R[] {
    const { areRivals } = this.#deps.kind;
    const isGone = (record: R) =>
      added.includes(record.id) || restored.some((one) => one.id === record.id || areRivals(one, record));
    return [...present.filter((record) => !isGone(record)), ...restored];
  }

  /** Makes `next` the truth in kernel and on disk, or throws and leaves everything as it was. */
  async #commit(next: readonly R[]): Promise<void> {
    const { host, store, kind, readUsage, keepForwarding } = this.#deps;
    const before = this.#records;
    if (before.some((record) => !next.includes(record))) await readUsage();
    this.#records = next;
    try {
      if (this.#wish()) await host.hooks.firewall.settled();
      await keepForwarding();
      await store.save(next);
    } catch (error) {
      this.#records = before;
      // The old ruleset is still in the kernel where nft refused the new one; where the disk did, this puts it back.
      if (this.#wish()) await host.hooks.firewall.settled().catch(() => {});
      await keepForwarding().catch(() => {});
      throw error;
    }
    kind.onKept?.(next);
    this.show();
    this.#expiry.watch(this.#records);
  }

  /** Tells the firewall; false where it knows already. */
  #wish(): boolean {
    const rules = this.#deps.kind.rules(this.#records, this.surroundings());
    if (JSON.stringify(rules) === JSON.stringify(this.#rules)) return false;
    this.#rules = rules;
    this.#deps.wish(rules);
    return true;
  }

  /** What publications let through before and do not any more. */
  #lost(before: readonly F[]): readonly ConnectionMatch[] {
    return lostConnections(before, this.#rules, this.#deps.kind);
  }

  async #cut(matches: readonly ConnectionMatch[]): Promise<void> {
    const { ports, signal, log } = this.#deps.host;
    if (matches.length === 0) return;
    await ports.firewall
      .cutConnections(matches, signal)
      // The rules let nothing of it through any more; conntrack forgets by itself.
      .catch((error: unknown) => log.warn(`cut connections of a ${this.#deps.kind.noun}`, { error }));
  }

  #note(what: string, record: R, user?: string): void {
    const { host, kind } = this.#deps;
    host.log.info(`${kind.noun} ${what}`, {
      path: kind.describe(record),
      ...(user === undefined ? {} : { user }),
    });
  }

  #find(id: R['id']): R {
    const record = this.#records.find((one) => one.id === id);
    if (record === undefined) throw this.#deps.kind.notFound();
    return record;
  }
}
