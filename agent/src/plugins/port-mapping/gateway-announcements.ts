/**
 * A gateway that restarted says so to everybody on the link: then its mappings are gone, and ours is asked for anew at
 * once instead of at the next look. Anybody on the link may say it, so it only ever makes us look, and not often.
 */
import type { Clock, Logger } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';
import type { GatewayPlace } from '../../port-mapping/find-gateway.ts';
import { hasEpochReset, type PortMapping } from '../../port-mapping/mapping.ts';
import { ANNOUNCEMENT_PORT, decodePmpReply } from '../../port-mapping/nat-pmp.ts';
import { decodePcpReply } from '../../port-mapping/pcp.ts';
import type { Sockets, UdpSocket } from '../../ports/index.ts';

const ANY = '0.0.0.0' as Ip;
const HEED_EVERY_MS = 5_000;

const epochOf = (bytes: Uint8Array): number | undefined => {
  const pcp = decodePcpReply(bytes);
  if (pcp?.kind === 'announce') return pcp.epochSec;
  const pmp = decodePmpReply(bytes);
  return pmp?.kind === 'address' ? pmp.epochSec : undefined;
};

/** Listens until disposed. Another program may have the port: then there is the regular look. */
export const hearGateway = async (options: {
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly log: Logger;
  readonly gateway: () => GatewayPlace | undefined;
  readonly held: () => { readonly mapping: PortMapping } | undefined;
  readonly onRestart: () => void;
}): Promise<AsyncDisposable | undefined> => {
  const { sockets, clock, log, gateway, held, onRestart } = options;
  let heededAtMs = Number.NEGATIVE_INFINITY;
  let socket: UdpSocket;
  try {
    // The group is 224.0.0.1, all hosts: nobody has to join it.
    socket = await sockets.bindUdp({ address: ANY, port: ANNOUNCEMENT_PORT, family: 4 });
  } catch (error) {
    log.debug('announcements of the gateway are not heard', { error });
    return undefined;
  }
  const listening = socket.onMessage((bytes, from) => {
    const nowMs = clock.monoMs();
    if (from.address !== gateway()?.gateway || nowMs - heededAtMs < HEED_EVERY_MS) return;
    const sec = epochOf(bytes);
    if (sec === undefined) return;
    const before = held()?.mapping.epoch;
    if (before !== undefined && !hasEpochReset(before, { sec, atMs: nowMs })) return;
    heededAtMs = nowMs;
    onRestart();
  });
  return {
    async [Symbol.asyncDispose]() {
      listening[Symbol.dispose]();
      await socket[Symbol.asyncDispose]();
    },
  };
};
