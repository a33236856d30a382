import type { EdgeStatus, HealthWarning } from '@sidegate/protocol';
import type { FactStore, PluginHost } from '../plugin-api/index.ts';

/** What the status is made of. */
export interface StatusParts {
  readonly platform: PluginHost['platform'];
  readonly startedAt: number;
  readonly facts: FactStore;
  readonly health: readonly HealthWarning[];
  readonly plugins: readonly EdgeStatus['plugins'][number][];
}

const nodeOf = (facts: FactStore): EdgeStatus['node'] => {
  const map = facts.get('network-map');
  const publicKey = facts.get('life')?.publicKey;
  if (map === undefined || publicKey === undefined) return undefined;
  const { id, name, role, address4, address6 } = map.self;
  const fqdn = `${name}.${map.account.label}.${map.account.baseDomain}`;
  return { id, name, fqdn, role, address4, address6, publicKey, account: map.account.name };
};

const brokerOf = (facts: FactStore): EdgeStatus['broker'] => {
  const life = facts.get('life');
  if (life?.brokerUrl === undefined) return undefined;
  const self = facts.get('network-map')?.self;
  return {
    url: life.brokerUrl,
    connected: life.brokerConnected,
    beaconReachable: life.beaconReachable,
    ...(life.isRelayByWebSocket === true ? { isRelayByWebSocket: true } : {}),
    nat: self?.nat ?? 'unknown',
    ...(life.lastContactAt === undefined ? {} : { lastContactAt: life.lastContactAt }),
    ...(self?.reflexive4 === undefined ? {} : { reflexive4: self.reflexive4 }),
    ...(self?.reflexive6 === undefined ? {} : { reflexive6: self.reflexive6 }),
  };
};

/** `GET /api/status`: one picture of the agent from what its parts published. Pure. */
export const composeStatus = ({ platform, startedAt, facts, health, plugins }: StatusParts): EdgeStatus => {
  const node = nodeOf(facts);
  const broker = brokerOf(facts);
  const tunnel = facts.get('tunnel');
  const portMapping = facts.get('port-mapping');
  const candidates = facts.get('own-candidates');
  const pending = facts.get('pending-changes') ?? [];
  return {
    state: facts.get('life')?.state ?? 'down',
    version: platform.version,
    platform: platform.describe,
    hostname: platform.hostname,
    startedAt,
    ...(node === undefined ? {} : { node }),
    ...(broker === undefined ? {} : { broker }),
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(portMapping === undefined ? {} : { portMapping }),
    ...(candidates === undefined ? {} : { candidates: [...candidates] }),
    counts: {
      peers: facts.get('peers')?.length ?? 0,
      hosts: facts.get('hosts')?.length ?? 0,
      forwards: facts.get('forwards')?.length ?? 0,
    },
    health: [...health],
    ...(pending.length === 0 ? {} : { pending: [...pending] }),
    plugins: [...plugins],
  };
};
