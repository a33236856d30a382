/**
 * The forwards of this edge: kept on disk, wished of the firewall, following their hosts. One change at a time, and a
 * change is whole: what nft or the disk refuses is undone before the error goes out.
 */
import { newId } from '@sidegate/kit';
import {
  type Forward,
  type ForwardId,
  type ForwardPatch,
  type ForwardPlan,
  type NewForward,
  nodeFqdn,
} from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import { type ForwardRecord, portOffsetsOf, protocolsOf } from '../../forwarding/forward-record.ts';
import { renderForwardUrl } from '../../forwarding/forward-url.ts';
import { checkExpiry, forwardRules, planForward } from '../../forwarding/plan-forward.ts';
import { renderForwardText } from '../../forwarding/render-forward-text.ts';
import { planSources, type SourcePeer } from '../../forwarding/resolve-sources.ts';
import { hostOf, learnTarget, resolveTarget } from '../../forwarding/resolve-target.ts';
import type { ForwardRule, PluginHost } from '../../plugin-api/index.ts';
import type { Firewall } from '../../ports/index.ts';
import type { ForwardStore } from './forward-store.ts';
import { readForwardingState } from './read-forwarding-state.ts';
import type { UsageWatch } from './usage-watch.ts';

/** Wall clocks jump, so the ends of forwards are looked at this often at least. */
const EXPIRY_CHECK_MS = 60_000;
/** How soon a removal that failed is tried again; the kernel has ended the forward already. */
const EXPIRY_RETRY_MS = 5_000;

/** What the forwarder works with. */
export interface ForwarderDeps {
  readonly host: PluginHost;
  readonly store: ForwardStore;
  readonly usage: UsageWatch;
  readonly publish: (forwards: readonly Forward[]) => void;
  /** Turns IP forwarding on or off as the forwards need it; resolves when it is so. */
  readonly keepForwarding: () => Promise<void>;
}

const patchAllow = (
  { allow }: ForwardRecord,
  patch: ForwardPatch,
  peers: readonly SourcePeer[],
): ForwardRecord['allow'] => {
  if (patch.allow === undefined) return allow;
  return patch.allow === null ? undefined : planSources(patch.allow, peers);
};

const patchRecord = (
  record: ForwardRecord,
  patch: ForwardPatch,
  peers: readonly SourcePeer[],
): ForwardRecord => {
  const { expiresAt: before, allow: _allow, ...rest } = record;
  const allow = patchAllow(record, patch, peers);
  const expiresAt = patch.expiresAt === undefined ? before : (patch.expiresAt ?? undefined);
  return {
    ...rest,
    enabled: patch.enabled ?? record.enabled,
    label: patch.label ?? record.label,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(allow === undefined ? {} : { allow }),
  };
};

/** See the top of this file. */
export class Forwarder {
  readonly #host: PluginHost;
  readonly #store: ForwardStore;
  readonly #usage: UsageWatch;
  readonly #publish: (forwards: readonly Forward[]) => void;
  readonly #keepForwarding: () => Promise<void>;
  #records: readonly ForwardRecord[] = [];
  #shown: ReadonlyMap<ForwardId, Forward> = new Map();
  #rules: readonly ForwardRule[] = [];
  #peers: readonly SourcePeer[] = [];
  #last: Promise<unknown> = Promise.resolve();
  #expiryTimer: Disposable | undefined;

  constructor({ host, store, usage, publish, keepForwarding }: ForwarderDeps) {
    this.#host = host;
    this.#store = store;
    this.#usage = usage;
    this.#publish = publish;
    this.#keepForwarding = keepForwarding;
  }

  ids(): readonly ForwardId[] {
    return this.#records.map(({ id }) => id);
  }

  /** Is there anything to forward? */
  hasEnabled(): boolean {
    return this.#records.some(({ enabled }) => enabled);
  }

  list(): readonly Forward[] {
    return [...this.#shown.values()];
  }

  /** Takes over what the file has, without waiting for the kernel. */
  async load(): Promise<void> {
    this.#records = await this.#store.load();
    this.#wish();
    this.show();
    this.#watchExpiry();
  }

  /** No more timers. */
  stop(): void {
    this.#expiryTimer?.[Symbol.dispose]();
  }

  create(request: NewForward, owner: string): Promise<Forward> {
    return this.#exclusively(async () => {
      const record = await this.#plan(request, owner);
      await this.#commit([...this.#records, record]);
      this.#host.log.info('forward added', { path: `${record.protocol}/${record.edgePort}`, user: owner });
      return this.#shown.get(record.id)!;
    });
  }

  async dryRun(request: NewForward, owner: string): Promise<ForwardPlan> {
    const record = await this.#plan(request, owner);
    return {
      forward: this.#view(record),
      ruleset: renderForwardText(forwardRules([record], this.#surroundings()), this.#host.clock.wallMs()),
    };
  }

  patch(id: ForwardId, patch: ForwardPatch): Promise<Forward> {
    return this.#exclusively(async () => {
      const record = this.#find(id);
      checkExpiry(patch.expiresAt, this.#host.clock.wallMs());
      const next = patchRecord(record, patch, this.#surroundings().peers);
      const before = this.#rules;
      await this.#commit(this.#records.map((one) => (one.id === id ? next : one)));
      if (record.enabled && !next.enabled) await this.#cut(record);
      await this.#cutLostSources(before);
      return this.#shown.get(id)!;
    });
  }

  remove(id: ForwardId, user: string): Promise<void> {
    return this.#exclusively(async () => {
      const record = this.#find(id);
      await this.#commit(this.#records.filter((one) => one.id !== id));
      await this.#cut(record);
      this.#host.events.emit('forward.removed', { id });
      this.#host.log.info('forward removed', { path: `${record.protocol}/${record.edgePort}`, user });
    });
  }

  /** Removes what has ended; the kernel lets nothing of it through any more. */
  #expire(): Promise<void> {
    return this.#exclusively(async () => {
      const nowMs = this.#host.clock.wallMs();
      const ended = this.#records.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= nowMs);
      if (ended.length === 0) return;
      await this.#commit(this.#records.filter((record) => !ended.includes(record)));
      for (const record of ended) {
        await this.#cut(record);
        this.#host.events.emit('forward.removed', { id: record.id });
        this.#host.log.info('forward expired', { path: `${record.protocol}/${record.edgePort}` });
      }
    });
  }

  /** Looks again when the next forward ends. */
  #watchExpiry(): void {
    this.#expiryTimer?.[Symbol.dispose]();
    const { clock, log, signal } = this.#host;
    const ends = this.#records.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]));
    if (ends.length === 0 || signal.aborted) return;
    const nextMs = Math.min(...ends) - clock.wallMs();
    this.#lookForExpired(Math.min(EXPIRY_CHECK_MS, Math.max(0, nextMs)), (error) =>
      log.warn('remove a forward that has ended', { error }),
    );
  }

  #lookForExpired(delayMs: number, complain: (error: unknown) => void): void {
    this.#expiryTimer = this.#host.clock.after(delayMs, () => {
      this.#expire().then(
        () => this.#watchExpiry(),
        (error: unknown) => {
          if (this.#host.signal.aborted) return;
          complain(error);
          this.#lookForExpired(EXPIRY_RETRY_MS, complain);
        },
      );
    });
  }

  /** Hosts, scopes or names changed: forwards follow. */
  follow(): Promise<void> {
    return this.#exclusively(async () => {
      const rulesBefore = this.#rules;
      const before = new Map([...this.#shown].map(([id, { targetAddress }]) => [id, targetAddress]));
      const learned = this.#records.map((record) => learnTarget(record, this.#surroundings()));
      const hasLearned = learned.some((record, at) => record !== this.#records[at]);
      this.#records = learned;
      if (this.#wish()) await this.#host.hooks.firewall.settled();
      this.show();
      for (const record of learned) {
        const old = before.get(record.id);
        if (old !== undefined && old !== this.#shown.get(record.id)?.targetAddress) await this.#cut(record);
      }
      await this.#cutLostSources(rulesBefore);
      if (hasLearned) await this.#store.save(learned);
    });
  }

  /** Publishes the list, and an event for each forward that looks different. */
  show(): void {
    const before = this.#shown;
    const after = new Map(this.#records.map((record) => [record.id, this.#view(record)]));
    this.#shown = after;
    const changed = [...after.values()].filter(
      (forward) => JSON.stringify(forward) !== JSON.stringify(before.get(forward.id)),
    );
    if (changed.length > 0 || before.size !== after.size) this.#publish(this.list());
    for (const forward of changed) this.#host.events.emit('forward.changed', forward);
  }

  async #plan(request: NewForward, owner: string): Promise<ForwardRecord> {
    const state = await readForwardingState(this.#host, this.#records);
    return planForward(request, state, { id: newId<ForwardId>('f'), owner, at: this.#host.clock.wallMs() });
  }

  /** Makes `next` the truth in kernel and on disk, or throws and leaves everything as it was. */
  async #commit(next: readonly ForwardRecord[]): Promise<void> {
    const before = this.#records;
    // What leaves the table takes its counters along.
    if (before.some((record) => !next.includes(record))) await this.#usage.read();
    this.#records = next;
    try {
      if (this.#wish()) await this.#host.hooks.firewall.settled();
      await this.#keepForwarding();
      await this.#store.save(next);
    } catch (error) {
      this.#records = before;
      // The old ruleset is still in the kernel where nft refused the new one; where the disk did, this puts it back.
      if (this.#wish()) await this.#host.hooks.firewall.settled().catch(() => {});
      await this.#keepForwarding().catch(() => {});
      throw error;
    }
    this.show();
    this.#watchExpiry();
  }

  /** Tells the firewall; false where it knows already. */
  #wish(): boolean {
    const forwards = forwardRules(this.#records, this.#surroundings());
    if (JSON.stringify(forwards) === JSON.stringify(this.#rules)) return false;
    this.#rules = forwards;
    if (forwards.length === 0) this.#host.hooks.firewall.clear();
    else this.#host.hooks.firewall.replace({ forwards });
    return true;
  }

  async #cut(record: ForwardRecord): Promise<void> {
    for (const protocol of protocolsOf(record.protocol)) {
      for (const offset of portOffsetsOf(record)) {
        await this.#cutConnections({ protocol, port: record.edgePort + offset });
      }
    }
  }

  /** Whoever a forward was for and is no longer loses what is open. */
  async #cutLostSources(before: readonly ForwardRule[]): Promise<void> {
    const peers = this.#surroundings().peers.map(({ address4 }) => address4);
    const keyOf = ({ id, protocol, edgePort }: ForwardRule) => `${id} ${protocol} ${edgePort}`;
    const oldRules = new Map(before.map((rule) => [keyOf(rule), rule]));
    for (const rule of this.#rules) {
      const { protocol, edgePort, sources } = rule;
      const old = oldRules.get(keyOf(rule));
      if (sources === undefined || old === undefined) continue;
      const lost = (old.sources ?? peers).filter((address) => !sources.includes(address));
      for (const source of lost) await this.#cutConnections({ protocol, port: edgePort, source });
    }
  }

  async #cutConnections(match: Parameters<Firewall['cutConnections']>[0]): Promise<void> {
    const { ports, signal, log } = this.#host;
    await ports.firewall
      .cutConnections(match, signal)
      // The rules let nothing of it through any more; conntrack forgets by itself.
      .catch((error: unknown) => log.warn('cut connections of a forward', { error }));
  }

  #view(record: ForwardRecord): Forward {
    const { hostMac: _mac, lastAddress: _last, ...shown } = record;
    const surroundings = this.#surroundings();
    const targetAddress = resolveTarget(record, surroundings);
    return {
      ...shown,
      ...(targetAddress === undefined ? {} : { targetAddress }),
      url: renderForwardUrl(record, this.#edgeName(), hostOf(record, surroundings.hosts)),
      ...this.#usage.usageOf(record.id),
    };
  }

  #edgeName(): string {
    const { facts, platform } = this.#host;
    const map = facts.get('network-map');
    return map === undefined
      ? platform.hostname
      : nodeFqdn(map.self.name, map.account.label, map.account.baseDomain);
  }

  #surroundings() {
    const { facts } = this.#host;
    // A map that is away for a moment shuts nobody out.
    this.#peers = facts.get('network-map')?.peers ?? this.#peers;
    return { hosts: facts.get('hosts'), scopes: facts.get('scopes'), peers: this.#peers };
  }

  #find(id: ForwardId): ForwardRecord {
    const record = this.#records.find((one) => one.id === id);
    if (record === undefined) throw new AgentError('FORWARD_NOT_FOUND', 'There is no such forward');
    return record;
  }

  #exclusively<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#last.then(task, task);
    this.#last = run.catch(() => {});
    return run;
  }
}
