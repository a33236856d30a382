import type { Ip4 } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { forwardRule, tunnelWish, WEB_WISH } from '../testing/sample-wishes.ts';
import { mergeWishes } from './firewall-plan.ts';

describe('mergeWishes', () => {
  it('never lets a forward shadow an own service, nor the port that leads to it', () => {
    const plan = mergeWishes([
      { forwards: [80, 7380, 8001].map((edgePort) => forwardRule({ edgePort })) },
      WEB_WISH,
    ]);
    expect(plan.forwards.map(({ edgePort }) => edgePort)).toEqual([8001]);
  });

  it('keeps tcp and udp of one port apart', () => {
    const udp = forwardRule({ protocol: 'udp', edgePort: 80 });
    expect(mergeWishes([WEB_WISH, { forwards: [udp] }]).forwards).toEqual([udp]);
  });

  it('takes the first of two wishes for one port', () => {
    const first = forwardRule();
    const second = forwardRule({ targetAddress: '192.168.1.99' as Ip4 });
    expect(mergeWishes([{ forwards: [first] }, { forwards: [second] }]).forwards).toEqual([first]);
  });

  it('is empty for no wishes', () => {
    expect(mergeWishes([])).toEqual({
      portSharing: undefined,
      tunnel: undefined,
      ownServices: [],
      forwards: [],
      addresses: [],
    });
  });

  it('names every peer once', () => {
    const wish = tunnelWish();
    const twice = { tunnel: { ...wish.tunnel!, peers: [...wish.tunnel!.peers, ...wish.tunnel!.peers] } };
    expect(mergeWishes([twice]).tunnel?.peers).toHaveLength(3);
  });
});
