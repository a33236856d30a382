/** Asks every device found for its NetBIOS name: one datagram each, a second one to those who did not answer. */
import { randomInt } from 'node:crypto';
import { type Clock, isIp4 } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import { decodeNodeStatus, encodeNodeStatusRequest, NETBIOS_PORT } from '../../../discovery/netbios.ts';
import type { Sockets } from '../../../ports/index.ts';
import type { DiscoverySource } from '../source.ts';
import { createNeighbourPace } from './neighbour-pace.ts';

const PATIENCE_MS = 500;

/** Works wherever datagrams go, through routers too. */
export const createNetbiosSource = ({
  sockets,
  clock,
}: {
  readonly sockets: Sockets;
  readonly clock: Clock;
}): DiscoverySource => ({
  name: 'netbios',
  phase: 'Asking for Windows names',
  role: 'examine',
  weight: 0.05,
  async scan({ ownAddress, senderAddress }, sink, signal) {
    if (senderAddress !== undefined) return;
    await using socket = await sockets.bindUdp({
      family: 4,
      ...(ownAddress === undefined ? {} : { address: ownAddress }),
    });
    const id = randomInt(2 ** 16);
    const request = encodeNodeStatusRequest(id);
    const silent = new Set<Ip4>();
    using _listening = socket.onMessage((bytes, { address, port }) => {
      if (signal.aborted || port !== NETBIOS_PORT || !isIp4(address) || !silent.has(address)) return;
      const status = decodeNodeStatus(bytes);
      if (status?.id !== id) return;
      silent.delete(address);
      sink.observe({
        address,
        ...(status.name === undefined ? {} : { fields: { 'netbios-name': status.name } }),
      });
    });
    const pace = createNeighbourPace(clock);
    const ask = async (address: Ip4) => {
      await pace(signal);
      socket.send(request, { address, port: NETBIOS_PORT });
    };
    for await (const address of sink.addresses) {
      if (signal.aborted) break;
      silent.add(address);
      await ask(address);
    }
    await clock.sleep(PATIENCE_MS, signal);
    for (const address of [...silent]) await ask(address);
    if (silent.size > 0) await clock.sleep(PATIENCE_MS, signal);
  },
});
