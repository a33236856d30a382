import { describe, expect, it, vi } from 'vitest';
import type { Firewall, NftObject, Ruleset } from '../../ports/index.ts';

/** A fresh machine for each test. */
export interface FirewallHarness extends AsyncDisposable {
  readonly firewall: Firewall;
  /** What another program does with `nft flush ruleset`. */
  flush(): Promise<void>;
  /** Lets the counter `forward-a` see a packet. */
  count(): Promise<void>;
}

const WAIT = { timeout: 5_000, interval: 100 } as const;
const { signal } = new AbortController();
const inTable = { family: 'inet', table: 'sidegate' } as const;

const rulesetOf = (...counters: readonly string[]): Ruleset => ({
  objects: [
    { table: { family: 'inet', name: 'sidegate' } },
    ...counters.map((name): NftObject => ({ counter: { ...inTable, name } })),
    { chain: { ...inTable, name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
    ...counters.map(
      (name): NftObject => ({
        rule: { ...inTable, chain: 'in', expr: [{ counter: name }, { counter: null }] },
      }),
    ),
  ],
});
const REFUSED: Ruleset = {
  objects: [
    ...rulesetOf('forward-b').objects,
    { rule: { ...inTable, chain: 'in', expr: [{ jump: { target: 'nowhere' } }] } },
  ],
};

const namesOf = async (firewall: Firewall) => [...(await firewall.readCounters(signal)).keys()].sort();

/** Adds the firewall's suite. */
export const describeFirewall = (title: string, open: () => Promise<FirewallHarness>): void => {
  describe(`${title} is a firewall`, () => {
    it('replaces the whole table', async () => {
      await using machine = await open();
      const { firewall } = machine;
      expect(await firewall.isInPlace(signal)).toBe(false);
      expect(await firewall.isPresent(signal)).toBe(false);
      await firewall.apply(rulesetOf('forward-a', 'forward-b'), signal);
      expect(await firewall.isPresent(signal)).toBe(true);
      expect(await namesOf(firewall)).toEqual(['forward-a', 'forward-b']);
      await firewall.apply(rulesetOf('forward-b', 'forward-c'), signal);
      expect(await namesOf(firewall)).toEqual(['forward-b', 'forward-c']);
      expect(await firewall.isInPlace(signal)).toBe(true);
    });

    it('changes nothing when a ruleset is refused', async () => {
      await using machine = await open();
      const { firewall } = machine;
      await firewall.apply(rulesetOf('forward-a'), signal);
      await expect(firewall.apply(REFUSED, signal)).rejects.toMatchObject({ code: 'NFT_REJECTED' });
      expect(await namesOf(firewall)).toEqual(['forward-a']);
      expect(await firewall.isInPlace(signal)).toBe(true);
    });

    it('goes on counting where it was, across a new ruleset', async () => {
      await using machine = await open();
      const { firewall } = machine;
      await firewall.apply(rulesetOf('forward-a'), signal);
      await machine.count();
      const before = (await firewall.readCounters(signal)).get('forward-a')!;
      expect(before.packets).toBeGreaterThan(0);
      await firewall.apply(rulesetOf('forward-a', 'forward-b'), signal);
      const after = await firewall.readCounters(signal);
      expect(after.get('forward-a')!.packets).toBeGreaterThanOrEqual(before.packets);
      expect(await firewall.isInPlace(signal)).toBe(true);
    });

    it('notices at once that another program flushed it', async () => {
      await using machine = await open();
      const { firewall } = machine;
      await firewall.apply(rulesetOf('forward-a'), signal);
      let isTold = false;
      using _watch = firewall.watch(() => {
        isTold = true;
      });
      await vi.waitFor(async () => {
        // Again and again, for the watch needs a moment before it hears.
        await firewall.apply(rulesetOf('forward-a'), signal);
        expect(isTold).toBe(false);
        await machine.flush();
        await vi.waitFor(() => expect(isTold).toBe(true), 200);
      }, WAIT);
      expect(await firewall.isInPlace(signal)).toBe(false);
      await firewall.apply(rulesetOf('forward-a'), signal);
      expect(await firewall.isInPlace(signal)).toBe(true);
    });

    it('cuts connections that are not there, and is removed twice, without complaint', async () => {
      await using machine = await open();
      const { firewall } = machine;
      await firewall.apply(rulesetOf('forward-a'), signal);
      await firewall.cutConnections([], signal);
      await firewall.cutConnections([{ protocol: 'tcp', port: 8001 }], signal);
      const range = { protocol: 'tcp', port: 8001, lastPort: 8010 } as const;
      await firewall.cutConnections([range, { protocol: 'udp', port: 8001 }], signal);
      await firewall.remove();
      await firewall.remove();
      expect(await firewall.isInPlace(signal)).toBe(false);
      expect(await namesOf(firewall)).toEqual([]);
    });
  });
};
