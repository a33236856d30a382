/**
 * One question to a multicast group on the scope's wire, asked twice, and the answers that come back to its port. The
 * socket is bound to our own address in the scope: that is what Linux chooses the outgoing interface by.
 */
import { type Clock, isInCidr, isIp4 } from '@sidegate/kit';
import type { Ip, Ip4 } from '@sidegate/protocol';
import type { ScanScope } from '../../../discovery/scopes.ts';
import type { Sockets } from '../../../ports/index.ts';
import type { DiscoverySink } from '../source.ts';

/** What to ask, and for how long to listen. */
export interface GroupQuestion {
  readonly group: { readonly address: string; readonly port: number };
  readonly datagrams: readonly string[];
  readonly onAnswer: (bytes: Uint8Array, from: Ip4) => void;
}

const ASK_AT_MS = [0, 500] as const;
const WINDOW_MS = 1_900;
/** A LAN that floods is heard no further: this many answers describe some hundreds of devices. */
const MAX_ANSWERS = 4_000;
const MAX_PER_HOST = 64;

/** Does nothing where the scope is not on a wire of ours. */
export const askGroup = async (
  { sockets, clock }: { readonly sockets: Sockets; readonly clock: Clock },
  scope: ScanScope,
  sink: Pick<DiscoverySink, 'progress'>,
  question: GroupQuestion,
  signal: AbortSignal,
): Promise<void> => {
  const { ownAddress, cidr } = scope;
  if (ownAddress === undefined) return;
  await using socket = await sockets.bindUdp({ address: ownAddress, family: 4 });
  const heard = new Map<Ip4, number>();
  let total = 0;
  using _listening = socket.onMessage((bytes, { address }) => {
    if (signal.aborted || !isIp4(address) || !isInCidr(address, cidr) || address === ownAddress) return;
    const count = heard.get(address) ?? 0;
    if (count >= MAX_PER_HOST || total >= MAX_ANSWERS) return;
    heard.set(address, count + 1);
    total++;
    question.onAnswer(bytes, address);
  });
  const to = { address: question.group.address as Ip, port: question.group.port };
  for (const [at, atMs] of ASK_AT_MS.entries()) {
    for (const datagram of question.datagrams) socket.send(Buffer.from(datagram), to);
    const nextMs = ASK_AT_MS[at + 1] ?? WINDOW_MS;
    await clock.sleep(nextMs - atMs, signal);
    sink.progress(nextMs / WINDOW_MS);
  }
};
