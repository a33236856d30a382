/** Network namespaces that are an internet, homes and devices; see README.md. */
export type { Block, Uplink } from './access-network.ts';
export { type Docker, startDocker, whyNoDocker } from './docker.ts';
export { LabError } from './errors.ts';
export type { Home, HomeMachineOptions, HomeOptions } from './home.ts';
export { type MeasuredNat, measureNat, type NatVantage } from './instruments/measure-nat.ts';
export { startPing } from './instruments/start-ping.ts';
export { type Datagram, UdpPeer, type UdpSocket } from './instruments/udp-peer.ts';
export type { Carrier, CarrierOptions, Internet, ServerOptions } from './internet.ts';
export { createLab, type Lab, type LabHomeOptions, type LabOptions } from './lab.ts';
export type { Exit, LabProcess, RunOptions, RunResult, SpawnOptions } from './lab-process.ts';
export type { Vendor } from './mac.ts';
export type { Awaited, Machine } from './machine.ts';
export {
  expandNat,
  type Filtering,
  type Mapping,
  NAT_PRESETS,
  type NatBehaviour,
  type NatPreset,
} from './nat.ts';
export { type Capability, probeCapabilities, requireLab } from './probe-capabilities.ts';
export { renderRouterRules } from './render-router-rules.ts';
export type { Router } from './router.ts';
export type { Plug, PlugOptions, Segment } from './segment.ts';
