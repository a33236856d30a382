/** One record of two. */
import type { Evidence, Host, Mac } from '@sidegate/protocol';
import { addEvidence } from './evidence.ts';
import { mergeService } from './merge-services.ts';

/** No device has more addresses: who answers for more is a gateway. */
export const ADDRESSES_PER_HOST = 8;

/** Everything of both, under the first one's id; what the first one says wins. */
export const uniteHosts = (kept: Host, dropped: Host, mac: Mac | undefined): Host => {
  const services = dropped.services.reduce(
    (all: Host['services'], service) => [...(mergeService(all, service) ?? all)],
    kept.services,
  );
  const evidence = dropped.evidence.reduce(
    (pieces: readonly Evidence[], piece) => addEvidence(pieces, piece).evidence,
    kept.evidence,
  );
  return {
    ...kept,
    ...(mac === undefined ? {} : { mac }),
    addresses: [...new Set([...kept.addresses, ...dropped.addresses])].slice(0, ADDRESSES_PER_HOST),
    services,
    evidence: [...evidence],
    firstSeenAt: Math.min(kept.firstSeenAt, dropped.firstSeenAt),
  };
};
