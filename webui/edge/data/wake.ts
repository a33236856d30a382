/** Waking hosts that sleep. */
import type { Host, Scope, WakeReport, WakeState } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';

/** Sends a magic packet. */
export const wakeHost = (api: ApiClient, { id }: Host): Promise<WakeReport> =>
  api.post(`/hosts/${id}/wake`, {});

/** Does it answer just now? */
export const isHostAwake = async (api: ApiClient, { id }: Host): Promise<boolean> =>
  (await api.get<WakeState>(`/hosts/${id}/wake`)).isAwake;

/** Magic packets reach hosts on the edge's own wires, by their hardware address. */
export const canWake = ({ mac }: Host, scope: Scope | undefined): boolean =>
  mac !== undefined && scope?.kind === 'attached';
