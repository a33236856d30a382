/**
 * The resolver inside the tunnel: a node's IP packet in, the packet that answers it out. It answers for the account's
 * names by itself and, where there are upstream resolvers, passes on the rest, because phones ask the resolver of their
 * tunnel everything.
 *
 * Invariants: an answer goes to the asker's own address and into its own session, so nobody can be flooded by it;
 * questions are bounded in size and rate, those under way in number. Imports neither HTTP nor the store.
 */
import type { Clock } from '@sidegate/kit';
import type { Ip, NodeId } from '@sidegate/protocol';
import { createTokenBuckets } from '../service/token-buckets.ts';
import { answerQuery, encodeRefusal, fit, type NameBook, type Query } from './answer-query.ts';
import { decodeInnerPacket, encodeInnerPacket } from './inner-packet.ts';

const DNS_PORT = 53;
/** A question has one name of at most 255 bytes; the rest is options. */
const QUERY_MAX_BYTES = 512;
/** A phone that wakes up asks for all its apps at once. */
const QUERY_RATE = { burst: 100, perSec: 25 };
/** Questions of one node that wait for an upstream. */
const WAITING_PER_NODE = 32;

/** Asks somebody else. */
export interface Upstream {
  /** The answer's bytes with the question's id, or `undefined` where nobody answered in time. */
  ask(query: Query): Promise<Uint8Array | undefined>;
}

interface ResolverDeps {
  readonly book: NameBook;
  /** The addresses of a node and those of its resolver. */
  readonly placeOf: (
    node: NodeId,
  ) => { readonly own: readonly Ip[]; readonly resolver: readonly Ip[] } | undefined;
  /** Absent: other names are refused. */
  readonly upstream: Upstream | undefined;
  readonly clock: Pick<Clock, 'monoMs'>;
}

/** Creates the resolver. */
export const createResolver = ({ book, placeOf, upstream, clock }: ResolverDeps) => {
  const rate = createTokenBuckets(QUERY_RATE, clock);
  const waiting = new Map<NodeId, number>();

  const askUpstream = async (node: NodeId, query: Query): Promise<Uint8Array | undefined> => {
    if (upstream === undefined) return encodeRefusal(query);
    const count = waiting.get(node) ?? 0;
    if (count >= WAITING_PER_NODE) return undefined;
    waiting.set(node, count + 1);
    try {
      const answer = await upstream.ask(query);
      return answer && fit(query, answer);
    } finally {
      const left = (waiting.get(node) ?? 1) - 1;
      if (left > 0) waiting.set(node, left);
      else waiting.delete(node);
    }
  };

  return {
    /** Answers one packet of a node; silence for what is no question to us. */
    async handle(node: NodeId, packet: Uint8Array): Promise<Uint8Array | undefined> {
      const asked = decodeInnerPacket(packet);
      const place = placeOf(node);
      if (asked === undefined || place === undefined || asked.destinationPort !== DNS_PORT) return undefined;
      if (!place.own.includes(asked.source) || !place.resolver.includes(asked.destination)) return undefined;
      if (asked.payload.length > QUERY_MAX_BYTES || !rate.take(node).ok) return undefined;
      const decision = answerQuery(asked.payload, node, book);
      if (decision === undefined) return undefined;
      const payload = decision.kind === 'answer' ? decision.bytes : await askUpstream(node, decision.query);
      if (payload === undefined) return undefined;
      return encodeInnerPacket({
        source: asked.destination,
        sourcePort: DNS_PORT,
        destination: asked.source,
        destinationPort: asked.sourcePort,
        payload,
      });
    },
  };
};
export type Resolver = ReturnType<typeof createResolver>;
