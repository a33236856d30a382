/**
 * Asks the wire who offers what (mDNS, RFC 6762; DNS-SD, RFC 6763). Questions leave from a port of their own, so that
 * answers come by unicast and no other responder of this machine is disturbed (section 6.7); a second socket hears
 * those who answer the group anyway.
 */
import { createSocket, type Socket } from 'node:dgram';
import { type Clock, isInCidr, isIp4, parseIp } from '@sidegate/kit';
import type { Ip4 } from '@sidegate/protocol';
import multicastDns from 'multicast-dns';
import { createMdnsCollector, type MdnsRecord, SERVICES_QUERY } from '../../../discovery/mdns-findings.ts';
import { DNS_SD_SERVICES } from '../../../discovery/service-names.ts';
import type { DiscoverySource } from '../source.ts';

const GROUP = '224.0.0.251';
const PORT = 5353;
/** Three askings: RFC 6762 section 5.2 wants at least a second between the first two of the same question. */
const ASK_AT_MS = [0, 1_000] as const;
const WINDOW_MS = 1_900;

type Question = { readonly name: string; readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' };
const FIRST_QUESTIONS: readonly Question[] = [
  SERVICES_QUERY,
  ...Object.keys(DNS_SD_SERVICES).map((type) => `${type}.local`),
].map((name) => ({ name, type: 'PTR' }));

const bindSocket = (socket: Socket, port: number, address: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address, exclusive: false }, () => {
      socket.off('error', reject);
      resolve();
    });
  });

/** A socket with multicast-dns on it, in the group on one interface. */
const openMdns = async (ownAddress: Ip4, bindTo: { readonly address: string; readonly port: number }) => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const mdns = multicastDns({
    socket,
    bind: false,
    interface: ownAddress,
    port: PORT,
    ip: GROUP,
    loopback: false,
  });
  // Packets that do not decode, and groups that cannot be joined: neither is ours to mend.
  mdns.on('warning', () => {});
  mdns.on('error', () => {});
  try {
    await bindSocket(socket, bindTo.port, bindTo.address);
  } catch (error) {
    mdns.destroy();
    throw error;
  }
  return mdns;
};
type Mdns = Awaited<ReturnType<typeof openMdns>>;

/** Works on attached networks; multicast goes no further. */
export const createMdnsSource = (clock: Clock): DiscoverySource => ({
  name: 'mdns',
  phase: 'Listening for announced services',
  role: 'find',
  weight: 0.1,
  async scan(scope, sink, signal) {
    const { ownAddress } = scope;
    if (ownAddress === undefined) return;
    const isInScope = (address: Ip4) => isInCidr(address, scope.cidr) && address !== ownAddress;
    const collector = createMdnsCollector(isInScope);
    const asker = await openMdns(ownAddress, { address: ownAddress, port: 0 });
    const listener: Mdns | undefined = await openMdns(ownAddress, { address: GROUP, port: PORT }).catch(
      () => undefined,
    );
    const asked = new Set<string>();
    let whyUnsent: string | undefined;
    const ask = (questions: readonly Question[]) => {
      if (questions.length === 0 || signal.aborted) return;
      asker.query({ questions: [...questions] }, (error: unknown) => {
        if (error instanceof Error) whyUnsent = error.message;
      });
    };
    const hear = (
      packet: { answers?: readonly unknown[]; additionals?: readonly unknown[] },
      from: { address: string },
    ) => {
      const address = parseIp(from.address);
      if (address === undefined || !isIp4(address) || !isInScope(address)) return;
      const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])] as MdnsRecord[];
      const { findings, questions } = collector.add(records, address);
      for (const finding of findings) sink.observe(finding);
      const fresh = questions.filter(({ name, type }) => !asked.has(`${type} ${name}`));
      for (const { name, type } of fresh) asked.add(`${type} ${name}`);
      ask(fresh);
    };
    try {
      asker.on('response', hear);
      listener?.on('response', hear);
      for (const [at, delayMs] of ASK_AT_MS.entries()) {
        ask(FIRST_QUESTIONS);
        const nextMs = ASK_AT_MS[at + 1] ?? WINDOW_MS;
        await clock.sleep(nextMs - delayMs, signal);
        sink.progress(nextMs / WINDOW_MS);
      }
      if (whyUnsent !== undefined) {
        sink.notice(`This machine may not send multicast: names and kinds may be missing (${whyUnsent}).`);
      }
    } finally {
      asker.destroy();
      listener?.destroy();
    }
  },
});
