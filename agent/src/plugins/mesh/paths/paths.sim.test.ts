import type { Endpoint, Ip4 } from '@sidegate/protocol';
import { describe, expect, test } from 'vitest';
import type { NatPreset } from '../../../paths/testing/packet-router.ts';
import { createSimulatedPair, OTHER_RELAY, type SimulatedPair } from '../testing/simulated-pair.ts';

const phases = ({ a, b }: SimulatedPair) => [a.state().phase, b.state().phase];
const lostBy = ({ a, b }: SimulatedPair) => [a, b].map(({ echoes }) => echoes.sent - echoes.replied);

/** Talks for a while, then waits for what is still under way. */
const talk = async (pair: SimulatedPair, ms: number) => {
  await pair.pass(ms, { isTalking: true });
  await pair.pass(200);
};

describe('two nodes that talk', () => {
  test.each<[NatPreset, NatPreset, number]>([
    ['port-restricted', 'port-restricted', 10],
    ['port-restricted', 'port-restricted', 40],
    ['port-restricted', 'full-cone', 10],
    ['none', 'port-restricted', 10],
    ['symmetric', 'full-cone', 10],
    ['symmetric', 'none', 10],
    ['none', 'symmetric', 100],
  ])(
    '%s and %s, %i ms a hop: direct within 5 s, at most the first packets lost',
    async (natA, natB, delayMs) => {
      const pair = await createSimulatedPair(natA, natB, delayMs);
      await talk(pair, 5000);
      expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
      for (const node of [pair.a, pair.b]) expect(node.endpoint()).toMatch(/^198\.51\.100\./);
      // Before the handshake through the relay is done, this WireGuard queues nothing.
      for (const lost of lostBy(pair)) expect(lost).toBeLessThanOrEqual(Math.ceil((8 * delayMs) / 50) + 1);
      const before = lostBy(pair);
      await talk(pair, 60_000);
      expect(lostBy(pair)).toEqual(before);
      expect(phases(pair)).toEqual(['direct', 'direct']);
    },
  );

  test.each<[NatPreset, NatPreset, 'a' | 'b', number]>([
    ['symmetric', 'symmetric', 'a', 10],
    ['symmetric', 'symmetric', 'b', 10],
    ['symmetric', 'symmetric', 'a', 100],
    ['symmetric', 'port-restricted', 'a', 10],
    ['symmetric', 'port-restricted', 'a', 100],
    ['symmetric', 'port-restricted', 'b', 10],
    ['port-restricted', 'port-restricted', 'a', 10],
  ])('%s and %s, a port mapped at %s, %i ms a hop: direct', async (natA, natB, which, delayMs) => {
    const pair = await createSimulatedPair(natA, natB, delayMs, { [which]: 7000 });
    await talk(pair, 6000);
    expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
    if (natA === 'symmetric')
      expect((which === 'a' ? pair.b : pair.a).endpoint()).toBe(`198.51.100.${which === 'a' ? 1 : 2}:7000`);
    const before = lostBy(pair);
    await talk(pair, 60_000);
    expect(lostBy(pair)).toEqual(before);
    expect(phases(pair)).toEqual(['direct', 'direct']);
  });

  test.each<[NatPreset, NatPreset]>([
    ['symmetric', 'symmetric'],
    ['symmetric', 'port-restricted'],
  ])('%s and %s: relayed for good, no packet lost by trying, tries rare', async (natA, natB) => {
    const pair = await createSimulatedPair(natA, natB);
    await talk(pair, 2000);
    const before = lostBy(pair);
    await talk(pair, 600_000);
    expect(phases(pair), pair.story.join('\n')).toEqual(['relayed', 'relayed']);
    expect(lostBy(pair)).toEqual(before);
    const tries = pair.story.filter((line) => line.includes('n_a probing')).length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(15);
    expect(pair.a.probesSent() / tries).toBeLessThanOrEqual(7 * 2 + 7);
  });

  test('idle nodes never probe', async () => {
    const pair = await createSimulatedPair('port-restricted', 'port-restricted');
    await pair.pass(600_000);
    expect(pair.a.probesSent() + pair.b.probesSent()).toBe(0);
  });
});

describe('a direct pair', () => {
  const direct = async () => {
    const pair = await createSimulatedPair('port-restricted', 'port-restricted');
    await talk(pair, 4000);
    expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
    for (const node of [pair.a, pair.b]) node.echoes.longestSilenceMs = 0;
    return pair;
  };

  test('does not notice that the broker restarts', async () => {
    const pair = await direct();
    const before = lostBy(pair);
    pair.restartBroker();
    await talk(pair, 10_000);
    expect(lostBy(pair)).toEqual(before);
    expect(phases(pair)).toEqual(['direct', 'direct']);
  });

  test.each(['a', 'b'] as const)(
    'whose router gets another address (%s) goes on through the relay, then directly',
    async (which) => {
      const pair = await direct();
      pair[which].renumber('198.51.100.77' as Ip4);
      await talk(pair, 12_000);
      for (const node of [pair.a, pair.b]) expect(node.echoes.longestSilenceMs).toBeLessThan(3000);
      await talk(pair, 60_000);
      expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
    },
  );

  test.each(['a', 'b'] as const)(
    'whose laptop (%s) moves twice behind a router that remembers is direct again at once',
    async (which) => {
      const pair = await direct();
      for (let move = 0; move < 3; move++) {
        pair[which].moveInside(true);
        await talk(pair, 12_000);
        expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
      }
    },
  );

  test.each(['a', 'b'] as const)(
    'that meets a flow of before in the way of %s waits until the router has forgotten it',
    async (which) => {
      const pair = await direct();
      pair[which].moveInside(false);
      await talk(pair, 40_000);
      expect(phases(pair), pair.story.join('\n')).toEqual(['relayed', 'relayed']);
      await talk(pair, 200_000);
      expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
    },
  );

  test('that falls silent returns to the relay together, and is direct again when it talks', async () => {
    const pair = await direct();
    await pair.pass(700_000);
    expect(phases(pair), pair.story.join('\n')).toEqual(['relayed', 'relayed']);
    await talk(pair, 4000);
    expect(phases(pair), pair.story.join('\n')).toEqual(['direct', 'direct']);
  });
});

test('a relayed pair survives a restart of the broker', async () => {
  const pair = await createSimulatedPair('symmetric', 'symmetric');
  await talk(pair, 3000);
  for (const node of [pair.a, pair.b]) node.echoes.longestSilenceMs = 0;
  pair.restartBroker();
  await talk(pair, 3000);
  for (const node of [pair.a, pair.b]) expect(node.echoes.longestSilenceMs).toBeLessThan(500);
  for (const node of [pair.a, pair.b]) expect(node.endpoint()).toMatch(/^203\.0\.113\.1:/);
});

describe('a relayed pair that gets another relay', () => {
  const strict = () => createSimulatedPair('symmetric', 'symmetric', 10, {}, { isStrict: true });
  const AT_ONCE = ['a', 'b', 'both'] as const;
  const moveAll = async (pair: SimulatedPair, first: (typeof AT_ONCE)[number], talks: false | 'a' | 'b') => {
    const order = first === 'b' ? (['b', 'a'] as const) : (['a', 'b'] as const);
    for (const which of order) {
      pair.useRelay(which, OTHER_RELAY);
      if (first !== 'both') await pair.pass(2_000, { isTalking: talks });
    }
  };
  const cases = (['a', 'b'] as const).flatMap((talker) => AT_ONCE.map((first) => [talker, first] as const));

  test.each(cases)(
    'while %s talks and %s hears of it first: what is under way is lost, no more',
    async (...of) => {
      const [talker, first] = of;
      const pair = await strict();
      await pair.pass(3_000, { isTalking: talker });
      const { echoes } = pair[talker];
      const before = echoes.sent - echoes.replied;
      echoes.longestSilenceMs = 0;
      await moveAll(pair, first, talker);
      await pair.pass(10_000, { isTalking: talker });
      await pair.pass(200);
      expect(echoes.sent - echoes.replied - before, pair.story.join('\n')).toBeLessThanOrEqual(2);
      expect(echoes.longestSilenceMs).toBeLessThan(200);
      for (const node of [pair.a, pair.b]) expect(node.endpoint()).toBe(OTHER_RELAY);
      expect(phases(pair)).toEqual(['relayed', 'relayed']);
    },
  );

  test.each(cases)('idle, then %s talks; %s hears of it first: nothing is lost', async (...of) => {
    const [talker, first] = of;
    const pair = await strict();
    await moveAll(pair, first, false);
    await pair.pass(3_000, { isTalking: talker });
    await pair.pass(200);
    const { echoes } = pair[talker];
    // This WireGuard queues nothing while it shakes hands.
    expect(echoes.sent - echoes.replied, pair.story.join('\n')).toBeLessThanOrEqual(2);
    for (const node of [pair.a, pair.b]) expect(node.endpoint()).toBe(OTHER_RELAY);
  });

  test('that does not carry it goes on through the one of before', async () => {
    const pair = await strict();
    await pair.pass(3_000, { isTalking: 'a' });
    pair.a.echoes.longestSilenceMs = 0;
    const dead = '203.0.113.3:7383' as Endpoint;
    for (const which of ['a', 'b'] as const) pair.useRelay(which, dead);
    await pair.pass(10_000, { isTalking: 'a' });
    expect(pair.a.echoes.longestSilenceMs, pair.story.join('\n')).toBeLessThan(2_000);
    expect(phases(pair)).toEqual(['relayed', 'relayed']);
  });
});
