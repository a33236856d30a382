/** Forwards as a kind of publication. */
import { type Forward, nodeFqdn } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import { type ForwardRecord, protocolsOf } from '../../forwarding/forward-record.ts';
import { renderForwardUrl } from '../../forwarding/forward-url.ts';
import { forwardRules, isOverlap } from '../../forwarding/plans/plan-forward.ts';
import { hostOf, resolveTarget } from '../../forwarding/plans/resolve-target.ts';
import { allowWordsOf } from '../../forwarding/publication.ts';
import type { ForwardRule, PluginHost } from '../../plugin-api/index.ts';
import type { PublicationKind } from './publication-kind.ts';
import type { UsageWatch } from './usage-watch.ts';

/** The full name of this machine in the mesh; before it has one, what it calls itself. */
export const edgeNameOf = ({ facts, platform }: Pick<PluginHost, 'facts' | 'platform'>): string => {
  const map = facts.get('network-map');
  return map === undefined
    ? platform.hostname
    : nodeFqdn(map.self.name, map.account.label, map.account.baseDomain);
};

/** See the top of this file. */
export const createForwardKind = (
  host: PluginHost,
  usage: Pick<UsageWatch, 'usageOf'>,
): PublicationKind<ForwardRecord, Forward, ForwardRule> => {
  const destination = () => {
    const address = host.facts.get('network-map')?.self.address4;
    return address === undefined ? {} : { destination: address };
  };
  return {
    noun: 'forward',
    rules: forwardRules,
    view(record, surroundings) {
      const { hostMac: _mac, lastAddress: _last, ...shown } = record;
      const targetAddress = resolveTarget(record, surroundings);
      return {
        ...shown,
        ...(targetAddress === undefined ? {} : { targetAddress }),
        url: renderForwardUrl(record, edgeNameOf(host), hostOf(record, surroundings.hosts)),
        ...allowWordsOf(record, surroundings.peers),
        ...usage.usageOf(record.id),
      };
    },
    areRivals: (one, other) =>
      isOverlap(one, { ...other, first: other.edgePort, count: other.portCount ?? 1 }),
    connectionsOf: (record) =>
      protocolsOf(record.protocol).map((protocol) => {
        const { edgePort: port, portCount = 1 } = record;
        return {
          protocol,
          port,
          ...(portCount === 1 ? {} : { lastPort: port + portCount - 1 }),
          ...destination(),
        };
      }),
    connectionsOfRule: ({ protocol, edgePort }) => ({ protocol, port: edgePort, ...destination() }),
    // Each port is a rule of its own, and is gone with it.
    connectionsNarrowed: () => [],
    describe: ({ protocol, edgePort }) => `${protocol}/${edgePort}`,
    notFound: () => new AgentError('FORWARD_NOT_FOUND', 'There is no such forward'),
    onChanged: (forward) => host.events.emit('forward.changed', forward),
    onRemoved: (id) => host.events.emit('forward.removed', { id }),
  };
};
