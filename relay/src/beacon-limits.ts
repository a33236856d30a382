/** Every bound of the beacon and the relay, with defaults that a broker of some ten thousand nodes can live with. */
import type { Rate } from './rate-limit.ts';

/** Overridable in tests, benches and by an operator. */
export interface BeaconLimits {
  /** Initiations from all the world before a cookie is asked for. Each costs about a quarter of a millisecond. */
  readonly initiations: Rate;
  /** The same from one /24 or /56. */
  readonly initiationsPerPrefix: Rate;
  /** Initiations with a valid cookie from one /24 or /56; more are dropped. */
  readonly provenInitiationsPerPrefix: Rate;
  /** Cookie replies to all the world. */
  readonly cookieReplies: Rate;
  /** Bytes that one node may send through the relay. */
  readonly relayBytesPerNode: Rate;
  /** Echoes that one node gets answered. */
  readonly echoesPerNode: Rate;
  /** mac1 trials that one node may cause in the search for a destination. */
  readonly mac1TrialsPerNode: Rate;
  /** mac1 trials for one packet: what bounds the time one datagram can take, at about 0.2 microseconds each. */
  readonly mac1TrialsPerPacket: number;
}

const MEBIBYTE = 2 ** 20;

/** Those of brokers and of private relays alike. */
export const DEFAULT_LIMITS: BeaconLimits = {
  initiations: { perSec: 1_000, burst: 1_000 },
  initiationsPerPrefix: { perSec: 5, burst: 50 },
  provenInitiationsPerPrefix: { perSec: 50, burst: 200 },
  cookieReplies: { perSec: 5_000, burst: 5_000 },
  relayBytesPerNode: { perSec: 64 * MEBIBYTE, burst: 8 * MEBIBYTE },
  echoesPerNode: { perSec: 10, burst: 20 },
  mac1TrialsPerNode: { perSec: 200_000, burst: 1_000_000 },
  mac1TrialsPerPacket: 16_384,
};
