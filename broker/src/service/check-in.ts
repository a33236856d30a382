/** The minute's talk between node and broker: what changed is noted, what the node lacks is answered. No database. */
import type { CheckInRequest, CheckInResponse } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import { acceptCandidates, isUsableEndpoint } from './candidates.ts';
import type { BeaconControl, Endpoints } from './endpoints.ts';
import type { Network } from './network.ts';
import type { RulesOf } from './network-map.ts';
import type { Node, NodeReport } from './node.ts';
import type { NodeStreams } from './node-streams.ts';
import type { Presence } from './presence.ts';

/** Health code shown for a node whose identity runs on two machines. */
export const CLONED_IDENTITY = 'identity-cloned';
/** Boots remembered: a clone shows when one of them comes back. */
const BOOTS_MAX = 8;

/** The boots of one identity. */
interface Boots {
  /** In the order of their first sight. */
  seen: string[];
  /** Of copies: they came after a boot that turned out to go on. */
  readonly refused: Set<string>;
}

/** Creates the service. */
export const createCheckIn = (deps: {
  readonly network: Network;
  readonly presence: Presence;
  readonly endpoints: Endpoints;
  readonly streams: NodeStreams;
  readonly rulesOf: RulesOf;
  readonly checkInSec: number;
  readonly beacon: () => BeaconControl | undefined;
}) => {
  const { network, presence, endpoints, streams, checkInSec } = deps;
  /** Text of the last request, to tell at once that nothing is new. */
  const lastText = new WeakMap<Node, string>();
  const boots = new WeakMap<Node, Boots>();

  /** A boot that comes back after another was never over: whatever came later is a copy, and has to go. */
  const noteBoot = (node: Node, bootId: string): boolean => {
    const { bootId: previous, isCloned } = node.report;
    const known = boots.get(node) ?? { seen: [], refused: new Set<string>() };
    boots.set(node, known);
    const at = known.seen.indexOf(bootId);
    if (at < 0) known.seen = [...known.seen, bootId].slice(-BOOTS_MAX);
    if (previous === undefined || previous === bootId) return isCloned;
    // A router without a battery reboots into 1970, and its handshakes would look like replays.
    deps.beacon()?.resetTimestamps(node.id);
    if (at < 0) return isCloned;
    for (const copy of known.seen.splice(at + 1)) known.refused.add(copy);
    return true;
  };

  const reportOf = (node: Node, request: CheckInRequest): NodeReport => {
    const { bootId, listenPort, paths, counts } = request;
    const isCloned = noteBoot(node, bootId);
    const health = isCloned ? [...request.health, CLONED_IDENTITY] : request.health;
    const candidates = acceptCandidates(request.candidates, deps.rulesOf(node));
    const rules = deps.rulesOf(node);
    const endpoints = request.relay?.endpoints.filter((endpoint) => isUsableEndpoint(endpoint, rules)) ?? [];
    const relay =
      request.relay === undefined || endpoints.length === 0 ? undefined : { ...request.relay, endpoints };
    const relays = request.relays ?? [];
    return { bootId, isCloned, listenPort, candidates, paths, health, counts, relay, relays };
  };

  return (node: Node, request: CheckInRequest): CheckInResponse => {
    if (boots.get(node)?.refused.has(request.bootId) === true)
      throw new BrokerError('IDENTITY_CLONED', `${node.identity.name} runs on another machine`);
    presence.seen(node);
    const { revision, ...rest } = request;
    const text = JSON.stringify(rest);
    if (lastText.get(node) !== text) {
      lastText.set(node, text);
      network.change(node, { report: reportOf(node, request) });
      if (node.identity.agentVersion !== request.agentVersion) {
        network.change(node, { identity: { ...node.identity, agentVersion: request.agentVersion } });
      }
      endpoints.onReport(node);
    }
    const update = network.updateSince(node, revision);
    streams.noteHas(node.id, network.revisionOf(node));
    streams.touch(node.id);
    return { update, checkInSec };
  };
};
