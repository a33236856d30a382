/** An edge with a camera on its LAN and two peers before it, all of it memory, and this plugin on it. */
import { createVirtualClock, type VirtualClock } from '@sidegate/kit';
import type { Host, HostAddress, HostId, Ip4, Mac, NetworkMap, Scope } from '@sidegate/protocol';
import { EDGE, HELPER, SCOPES, TECHNICIAN, tunnelWish } from '../../../forwarding/testing/sample-wishes.ts';
import { createMemoryPlatform, type MemoryPlatform } from '../../../platform/memory.ts';
import type { Facts } from '../../../plugin-api/index.ts';
import type { IfName } from '../../../ports/index.ts';
import { createTestHost, type TestHost } from '../../testing/test-host.ts';
import { plugin } from '../index.ts';

export const CAMERA: Host = {
  id: 'h_aaaaaaaaaaaaaaaa' as HostId,
  mac: '44:47:cc:00:00:01' as Mac,
  addresses: ['192.168.1.20' as Ip4],
  name: 'camera',
  note: '',
  kind: 'camera',
  services: [],
  online: true,
  firstSeenAt: 0,
  lastSeenAt: 0,
  evidence: [],
};
export const TUNNEL: Facts['tunnel'] = {
  interfaceName: 'sg0' as IfName,
  kind: 'kernel',
  listenPort: 51_000,
  mtuBytes: 1280,
};

/** The map of an edge whose hosts have these addresses. */
export const mapWith = (hosts: readonly HostAddress[] = []): NetworkMap =>
  ({
    self: { name: 'home', ...EDGE, hosts },
    account: { label: 'acme', baseDomain: 'sidegate.internal', prefix4: '100.64.0.0/10' },
    peers: [
      { ...TECHNICIAN, id: 'n_technician123456', name: 'laptop', tags: ['support'] },
      {
        ...HELPER,
        id: 'n_helperhelper1234',
        name: 'phone',
        tags: [],
        owner: { id: 'u_annaannaannaanna', name: 'Anna' },
      },
    ],
  }) as unknown as NetworkMap;

/** What a test holds in its hands. */
export interface MemorySite extends AsyncDisposable {
  readonly platform: MemoryPlatform;
  readonly clock: VirtualClock;
  readonly host: TestHost;
  /** The table as text. */
  ruleset(): string | undefined;
}

/** Up and running; `files` are those of an agent before it. */
export const openMemorySite = async ({
  files = new Map<string, string>(),
  map = mapWith(),
  hosts = [CAMERA],
  scopes = SCOPES,
  clock = createVirtualClock(),
  config = {},
}: {
  readonly files?: ReadonlyMap<string, string>;
  readonly map?: NetworkMap;
  readonly hosts?: readonly Host[];
  readonly scopes?: readonly Scope[];
  readonly clock?: VirtualClock;
  readonly config?: object;
} = {}): Promise<MemorySite> => {
  const platform = createMemoryPlatform({ files });
  const host = createTestHost(platform, clock);
  host.wish(tunnelWish());
  host.setFact('tunnel', TUNNEL);
  host.setFact('network-map', map);
  host.setFact('hosts', hosts);
  host.setFact('scopes', scopes);
  await host.start(plugin, config);
  await host.settled();
  // Of a start, which knows nothing of what is open.
  platform.fakes.firewall.forgetCuts();
  return {
    platform,
    clock,
    host,
    ruleset: () => JSON.stringify(platform.fakes.firewall.ruleset?.objects),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
};
