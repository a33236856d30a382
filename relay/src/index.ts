/**
 * The broker on UDP: the WireGuard-speaking beacon and the relay on the same port. `createBeacon` is the pure core,
 * `startUdpServer` gives it sockets. Imports nothing else of the broker: it asks a `BeaconDirectory` and tells
 * `BeaconEvents`.
 */
export { type Beacon, type BeaconOptions, createBeacon } from './beacon.ts';
export { type BeaconLimits, DEFAULT_LIMITS } from './beacon-limits.ts';
export { encodeKnock } from './initiator.ts';
export { encodePublicKey, importKeyPair, type RandomSource } from './key-pair.ts';
export type {
  BeaconDirectory,
  BeaconEvents,
  BeaconStats,
  DropReason,
  NatKind,
  NodeRef,
  Outgoing,
  Way,
} from './types.ts';
export { startUdpServer, type UdpListen, type UdpServer, type UdpServerOptions } from './udp-server.ts';
