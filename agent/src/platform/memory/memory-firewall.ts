import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { ConnectionMatch, Firewall, NftObject, Ruleset } from '../../ports/index.ts';

/** A table that only remembers. */
export interface MemoryFirewall extends Firewall {
  readonly ruleset: Ruleset | undefined;
  /** How often a ruleset was put in. */
  readonly applied: number;
  readonly cuts: readonly ConnectionMatch[];
  forgetCuts(): void;
  readonly watchers: number;
  /** What another program does with `nft flush ruleset`. */
  flush(): void;
  count(name: string, packets: number, bytes: number): void;
}

const Named = v.object({ name: v.string() });
const Chain = v.object({ chain: Named });
const Counter = v.object({ counter: Named });
const Jump = v.object({ jump: v.object({ target: v.string() }) });
const Rule = v.object({ rule: v.object({ expr: v.array(v.record(v.string(), v.unknown())) }) });

const namesOf = (objects: readonly NftObject[]) => ({
  chains: new Set(objects.flatMap((object) => (v.is(Chain, object) ? [object.chain.name] : []))),
  counters: objects.flatMap((object) => (v.is(Counter, object) ? [object.counter.name] : [])),
});

/** The refusal most easily caused: a rule that jumps to a chain which is not there. */
const missingTarget = (objects: readonly NftObject[]): string | undefined => {
  const { chains } = namesOf(objects);
  const statements = objects.flatMap((object) => (v.is(Rule, object) ? object.rule.expr : []));
  const targets = statements.flatMap((statement) => (v.is(Jump, statement) ? [statement.jump.target] : []));
  return targets.find((target) => !chains.has(target));
};

/** No table yet. */
export const createMemoryFirewall = (): MemoryFirewall => {
  const listeners = new Set<() => void>();
  const counters = new Map<string, { packets: number; bytes: number }>();
  const cuts: ConnectionMatch[] = [];
  let ruleset: Ruleset | undefined;
  let applied = 0;
  const keepCounters = (names: readonly string[]) => {
    const kept = names.map((name) => [name, counters.get(name) ?? { packets: 0, bytes: 0 }] as const);
    counters.clear();
    for (const [name, count] of kept) counters.set(name, count);
  };
  return {
    async apply(next, signal) {
      signal.throwIfAborted();
      const missing = missingTarget(next.objects);
      if (missing !== undefined) {
        throw new AgentError('NFT_REJECTED', 'nft refused the rules', { details: { said: missing } });
      }
      ruleset = next;
      applied += 1;
      keepCounters(namesOf(next.objects).counters);
    },
    isPresent: async () => ruleset !== undefined,
    isInPlace: async () => ruleset !== undefined,
    readCounters: async () => new Map(counters),
    async cutConnections(matches) {
      cuts.push(...matches);
    },
    watch(onFlush) {
      const listener = () => onFlush();
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async remove() {
      ruleset = undefined;
      counters.clear();
    },
    get ruleset() {
      return ruleset;
    },
    get applied() {
      return applied;
    },
    cuts,
    forgetCuts: () => void cuts.splice(0),
    get watchers() {
      return listeners.size;
    },
    flush() {
      ruleset = undefined;
      counters.clear();
      for (const listener of [...listeners]) listener();
    },
    count: (name, packets, bytes) => void counters.set(name, { packets, bytes }),
  };
};
