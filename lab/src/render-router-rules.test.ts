import { describe, expect, it } from 'vitest';
import { renderBlocks } from './access-network.ts';
import { NAT_PRESETS, type NatBehaviour } from './nat.ts';
import { renderRouterRules } from './render-router-rules.ts';

const wan = { ifName: 'wan0', address: '198.51.100.2' };
const render = (nat: NatBehaviour) => renderRouterRules({ nat, wan, inside: ['192.168.1.0/24'] });

describe('renderRouterRules', () => {
  for (const [name, nat] of Object.entries(NAT_PRESETS)) {
    it(`renders ${name}`, async () => {
      await expect(render(nat)).toMatchFileSnapshot(`golden/${name}.golden.nft`);
    });
  }

  it('renders a record that no preset has: hairpin, short timeouts, a DMZ', async () => {
    const nat: NatBehaviour = {
      mapping: 'endpoint-independent',
      filtering: 'address-dependent',
      hairpin: true,
      portPreservation: true,
      timeouts: { unrepliedSec: 5, streamSec: 20 },
    };
    const rules = renderRouterRules({
      nat,
      wan,
      inside: ['192.168.1.0/24', '192.168.100.0/24'],
      isolated: [{ from: 'dmz0', to: 'lan0' }],
    });
    await expect(rules).toMatchFileSnapshot('golden/everything.golden.nft');
  });

  it('filters without translating where the record says so', async () => {
    const nat: NatBehaviour = { ...NAT_PRESETS.none, filtering: 'address-and-port-dependent' };
    await expect(render(nat)).toMatchFileSnapshot('golden/firewall-only.golden.nft');
  });

  it('never translates IPv6, and lets in what was asked for', async () => {
    const inside6 = ['2001:db8:a::/64'];
    const rules = renderRouterRules({ nat: NAT_PRESETS.symmetric, wan, inside: ['192.168.1.0/24'], inside6 });
    await expect(rules).toMatchFileSnapshot('golden/ipv6.golden.nft');
    const open = renderRouterRules({ nat: NAT_PRESETS.none, wan, inside: ['192.168.1.0/24'], inside6 });
    await expect(open).toMatchFileSnapshot('golden/ipv6-without-nat.golden.nft');
  });

  it('replaces the table as a whole, so that applying it twice is applying it once', () => {
    expect(render(NAT_PRESETS.symmetric)).toMatch(/^table inet router\ndelete table inet router\n/);
  });
});

describe('renderBlocks', () => {
  it('renders an empty table when nothing is blocked', () => {
    expect(renderBlocks([])).toBe(`table inet blocks
delete table inet blocks
table inet blocks {
  chain forward {
    type filter hook forward priority -10; policy accept;
  }
}
`);
  });
});
