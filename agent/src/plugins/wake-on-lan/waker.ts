/** Magic packets out of the right interface, and whether a host is awake. */
import { codeOf, isInCidr, lastAddressOf } from '@sidegate/kit';
import type { Ip4, WakeReport } from '@sidegate/protocol';
import { parseArpScanLine } from '../../discovery/parse-arp-scan.ts';
import { AgentError } from '../../errors.ts';
import type { Sleeper } from '../../forwarding/plans/check-wake.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { encodeMagicPacket, MAGIC_PORT } from './magic-packet.ts';

/** One may be lost, and cards that sleep deeply miss the first. */
const BURST = 3;
const ARP_MS = 500;

/** See the top of this file. */
export interface Waker {
  wake(sleeper: Sleeper): Promise<WakeReport>;
  isAwake(sleeper: Sleeper): Promise<boolean>;
}

/** Works with what the platform gives. */
export const createWaker = ({ ports, signal }: Pick<PluginHost, 'ports' | 'signal'>): Waker => ({
  async wake({ mac, scope: { cidr, interfaceName } }) {
    const links = await ports.links.readLinks(signal);
    const own = links
      .find(({ name }) => name === interfaceName)
      ?.addresses4.map((one) => one.split('/')[0] as Ip4);
    const address = own?.find((one) => isInCidr(one, cidr));
    if (address === undefined)
      throw new AgentError('WAKE_NOT_ATTACHED', `This machine has no address of ${cidr} just now`);
    // The network's own broadcast address leads to its wire, whatever else the machine is attached to.
    const broadcast = lastAddressOf(cidr);
    await using socket = await ports.sockets.bindUdp({ family: 4, address, isBroadcast: true });
    const packet = encodeMagicPacket(mac);
    for (let at = 0; at < BURST; at++) socket.send(packet, { address: broadcast, port: MAGIC_PORT });
    return { mac, interfaceName, broadcast };
  },
  async isAwake({ mac, address, scope: { interfaceName } }) {
    const args = [`--interface=${interfaceName}`, '--plain', '--quiet', '--numeric', '--retry=1'];
    try {
      const { stdout } = await ports.run('arp-scan', [...args, `--timeout=${ARP_MS}`, address], { signal });
      return stdout.split('\n').some((line) => parseArpScanLine(line)?.mac === mac);
    } catch (error) {
      if (codeOf(error) !== 'COMMAND_NOT_FOUND') throw error;
      const { exitCode } = await ports.run('ping', ['-c1', '-W1', address], { signal, okCodes: [1, 2] });
      return exitCode === 0;
    }
  },
});
