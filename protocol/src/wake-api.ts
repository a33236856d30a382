/** Waking hosts that sleep. */
import * as v from 'valibot';
import { Ip4, Mac } from './ids.ts';

/** `POST /hosts/:id/wake`: what was sent, and where. */
export const WakeReport = v.strictObject({
  mac: Mac,
  interfaceName: v.string(),
  /** The broadcast address of the host's network. */
  broadcast: Ip4,
});
export type WakeReport = v.InferOutput<typeof WakeReport>;
/** `GET /hosts/:id/wake`: does the host answer ARP just now? Looking takes a moment. */
export const WakeState = v.strictObject({ isAwake: v.boolean() });
export type WakeState = v.InferOutput<typeof WakeState>;
