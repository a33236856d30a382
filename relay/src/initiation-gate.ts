/**
 * Who may cost us a Diffie-Hellman. In calm times every initiation with a valid mac1; under load, from everywhere or
 * from one prefix, only those that show a cookie and so receive at their source address.
 */
import type { BeaconLimits } from './beacon-limits.ts';
import { createCookieJar } from './cookie-jar.ts';
import { createPrefixLimiter, createTokenBucket, takeTokens } from './rate-limit.ts';
import type { BeaconIdentity } from './responder.ts';
import { isWebSocket, type Way } from './types.ts';

/** What to do with an initiation: go on, answer with these bytes, or nothing. */
export type Admission = 'admitted' | 'rate-limited' | Uint8Array;

/** Creates the gate before all beacons. */
export const createInitiationGate = (
  identities: readonly BeaconIdentity[],
  limits: BeaconLimits,
  randomBytes: (sizeBytes: number) => Uint8Array,
  startMs: number,
) => {
  const jars = identities.map((identity) => createCookieJar(identity, randomBytes));
  const all = createTokenBucket(limits.initiations, startMs);
  const cookies = createTokenBucket(limits.cookieReplies, startMs);
  const prefixes = createPrefixLimiter(limits.initiationsPerPrefix);
  const provenPrefixes = createPrefixLimiter(limits.provenInitiationsPerPrefix);

  return {
    /** Decides about an initiation whose mac1 was checked. */
    admit(beaconIndex: number, bytes: Uint8Array, from: Way, nowMs: number): Admission {
      // The prefix first: a flood from one place must not use up what all have in common.
      if (prefixes.take(from, nowMs) && takeTokens(all, limits.initiations, nowMs)) return 'admitted';
      const jar = jars[beaconIndex]!;
      // Whoever holds a WebSocket has shown that it receives.
      if (isWebSocket(from) || jar.hasCookie(bytes, from, nowMs)) {
        return provenPrefixes.take(from, nowMs) ? 'admitted' : 'rate-limited';
      }
      if (!takeTokens(cookies, limits.cookieReplies, nowMs)) return 'rate-limited';
      return jar.encodeReply(bytes, from, nowMs);
    },

    /** Forgets prefixes that went quiet. */
    sweep(nowMs: number): void {
      prefixes.sweep(nowMs);
      provenPrefixes.sweep(nowMs);
    },
  };
};
