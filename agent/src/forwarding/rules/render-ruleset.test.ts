import type { Ip4 } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { AddressRule } from '../../plugin-api/firewall-wish.ts';
import {
  ADDRESSES_WISH,
  addressRule,
  FORWARDS_WISH,
  forwardRule,
  tunnelWish,
  WEB_WISH,
} from '../testing/sample-wishes.ts';
import { mergeWishes } from './firewall-plan.ts';
import { renderRuleset } from './render-ruleset.ts';

const textOf = (...wishes: Parameters<typeof mergeWishes>[0]) =>
  `${renderRuleset(mergeWishes(wishes), 0)
    .objects.map((object) => JSON.stringify(object))
    .join('\n')}\n`;

describe('renderRuleset', () => {
  it('renders the whole table of an edge', async () => {
    await expect(textOf(tunnelWish(), WEB_WISH, FORWARDS_WISH, ADDRESSES_WISH)).toMatchFileSnapshot(
      'golden/edge.golden.jsonl',
    );
  });

  it('renders the whole table of a client', async () => {
    await expect(textOf(tunnelWish('client'))).toMatchFileSnapshot('golden/client.golden.jsonl');
  });

  it('gives the same text for the same wishes in another order', () => {
    const one = textOf(ADDRESSES_WISH, FORWARDS_WISH, WEB_WISH, tunnelWish());
    expect(one).toBe(textOf(tunnelWish(), WEB_WISH, FORWARDS_WISH, ADDRESSES_WISH));
  });

  it('gives the kernel what time is left, never more than was granted, and nothing of what has ended', () => {
    const expiry = { atMs: 1_700_000_000_000, longestMs: 60_000 };
    const at = (nowMs: number) =>
      renderRuleset(mergeWishes([tunnelWish(), { forwards: [forwardRule({ expiry })] }]), nowMs).objects;
    expect(JSON.stringify(at(1_699_999_970_500))).toContain('"timeout":30}');
    expect(JSON.stringify(at(0))).toContain('"timeout":60}');
    expect(at(expiry.atMs)).toEqual(renderRuleset(mergeWishes([tunnelWish()]), 0).objects);
  });

  it('needs no more rules for a thousand forwards than for one', () => {
    const many = Array.from({ length: 1000 }, (_, at) =>
      forwardRule({ id: `f_${at}`, edgePort: 10_000 + at }),
    );
    const rulesOf = (wish: typeof WEB_WISH) =>
      renderRuleset(mergeWishes([tunnelWish(), wish]), 0).objects.filter((object) => 'rule' in object);
    expect(rulesOf({ forwards: many })).toEqual(rulesOf({ forwards: [forwardRule()] }));
  });

  it('needs no more rules for two hundred addresses than for one', () => {
    const many = Array.from({ length: 200 }, (_, at) =>
      addressRule({ id: `v_${at}`, meshAddress: `100.64.1.${at}` as Ip4 }),
    );
    const rulesOf = (addresses: readonly AddressRule[]) =>
      renderRuleset(mergeWishes([tunnelWish(), { addresses }]), 0).objects.filter(
        (object) => 'rule' in object,
      );
    expect(rulesOf(many)).toEqual(rulesOf([addressRule()]));
  });

  it('defines every chain, set, map and counter before a rule names it', () => {
    const defined = new Set<string>();
    for (const object of renderRuleset(
      mergeWishes([tunnelWish(), WEB_WISH, FORWARDS_WISH, ADDRESSES_WISH]),
      0,
    ).objects) {
      const text = JSON.stringify(object);
      if (!('rule' in object)) defined.add(/"name":"([^"]+)"/.exec(text)![1]!);
      for (const [, name] of text.matchAll(/"@([^"]+)"|"target":"([^"]+)"/g)) {
        if (name !== undefined) expect(defined).toContain(name);
      }
    }
    expect(defined.size).toBeGreaterThan(15);
  });

  it('leaves nothing of the tunnel where there is none', () => {
    const text = textOf({ portSharing: { agentPort: 1, wireguardPort: 2 } }, WEB_WISH, FORWARDS_WISH);
    expect(text).not.toContain('forward_');
    expect(text).toContain('probe_input');
  });
});
