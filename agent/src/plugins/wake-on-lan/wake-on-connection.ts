/**
 * Wakes a host when somebody connects to a publication that says so. The kernel tells of the connection as it begins;
 * the client's own retries do the rest. Until the host answers, its hardware address stands in the neighbour table:
 * else the kernel would tell the client after three unanswered ARP requests that the host is unreachable, and the
 * client would give up. Such an entry ages by itself, so nothing is left behind. Nothing runs while nobody asked for it.
 */
import { describeError } from '@sidegate/kit';
import type { Address, Forward, Host } from '@sidegate/protocol';
import { identifyAccess } from '../../forwarding/access/identify-access.ts';
import { planSleeper, type Sleeper } from '../../forwarding/plans/check-wake.ts';
import { OUR_MARK } from '../../forwarding/rules/publication-words.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import type { Connection } from '../../ports/index.ts';
import type { Waker } from './waker.ts';

/** A host is woken this often at most, however many connections begin. */
const QUIET_MS = 10_000;
/** Under the least time for which Linux believes an entry of the neighbour table (half of 30 s). */
const RENEW_MS = 12_000;
/** How long a host may take to wake; a client in its seventh try has waited a minute. */
const PATIENCE_MS = 60_000;

/** Begins to follow facts and connections; ends when disposed. */
export const watchForSleepers = (host: PluginHost, waker: Waker): Disposable => {
  const { clock, facts, log, ports, signal } = host;
  const wokenAt = new Map<string, number>();
  const timers = new Set<Disposable>();
  let following: Disposable | undefined;
  const publications = (): readonly (Forward | Address)[] => [
    ...(facts.get('forwards') ?? []),
    ...(facts.get('addresses') ?? []),
  ];
  const hostOf = ({ target }: Forward | Address): Host | undefined =>
    facts
      .get('hosts')
      ?.find(({ id, addresses }) =>
        target.kind === 'host' ? id === target.hostId : addresses.includes(target.address),
      );
  const after = (delayMs: number, work: () => void) => {
    const timer = clock.after(delayMs, () => {
      timers.delete(timer);
      work();
    });
    timers.add(timer);
  };
  const complain = (error: unknown) => {
    if (!signal.aborted) log.warn('wake a host for a connection', { why: describeError(error) });
  };
  const isThere = async ({ mac, address }: Sleeper): Promise<boolean> => {
    const neighbours = await ports.links.readNeighbours(signal);
    return neighbours.some(
      (one) => one.address === address && one.mac === mac && one.state.toUpperCase() === 'REACHABLE',
    );
  };
  const holdOpen = async (sleeper: Sleeper, untilMs: number): Promise<void> => {
    const { address, mac, scope } = sleeper;
    const entry = ['to', address, 'lladdr', mac, 'dev', scope.interfaceName, 'nud', 'reachable'];
    await ports.run('ip', ['neigh', 'replace', ...entry], { signal });
    if (clock.monoMs() + RENEW_MS >= untilMs) return;
    after(RENEW_MS, () => {
      waker
        .isAwake(sleeper)
        .then((isAwake) => (isAwake ? undefined : waker.wake(sleeper).then(() => holdOpen(sleeper, untilMs))))
        .catch(complain);
    });
  };
  const wake = async (sleeper: Sleeper): Promise<void> => {
    const nowMs = clock.monoMs();
    if (nowMs - (wokenAt.get(sleeper.mac) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    wokenAt.set(sleeper.mac, nowMs);
    if (await isThere(sleeper)) return;
    await waker.wake(sleeper);
    await holdOpen(sleeper, nowMs + PATIENCE_MS);
    log.info('woke a host for a connection', { path: sleeper.address });
  };
  const onBegun = (connection: Connection) => {
    const map = facts.get('network-map');
    const access = identifyAccess(connection, {
      forwards: facts.get('forwards') ?? [],
      addresses: facts.get('addresses') ?? [],
      peers: [],
      hosts: [],
      self: map?.self.address4,
    });
    const publication = publications().find(({ id }) => id === access?.publicationId);
    const sleeping = publication?.wake === true ? hostOf(publication) : undefined;
    if (sleeping === undefined) return;
    try {
      wake(planSleeper(sleeping, facts.get('scopes') ?? [])).catch(complain);
    } catch (error) {
      complain(error);
    }
  };
  const follow = () => {
    const isWanted = publications().some(({ wake: isAsked, enabled }) => isAsked === true && enabled);
    if (isWanted === (following !== undefined)) return;
    following?.[Symbol.dispose]();
    following = isWanted
      ? ports.connections.watch(OUR_MARK, { onBegun, onEnded() {}, onGap() {} })
      : undefined;
  };
  for (const fact of ['forwards', 'addresses'] as const) facts.watch(fact, follow);
  return {
    [Symbol.dispose]() {
      following?.[Symbol.dispose]();
      following = undefined;
      for (const timer of timers) timer[Symbol.dispose]();
      timers.clear();
    },
  };
};
