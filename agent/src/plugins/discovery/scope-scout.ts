/**
 * Looks for networks nobody told us of. Gently: four packets that run out of hops on the way to an address where
 * nobody lives, and one or two connections each to a dozen addresses where modems have their pages.
 */
import { type Clock, createLimiter, isInCidr, isIp4 } from '@sidegate/kit';
import type { Cidr4, Ip4, Scope, ScopeSuggestion } from '@sidegate/protocol';
import { parsePingHop, parseTraceroute } from '../../discovery/parse-hops.ts';
import { MODEM_ADDRESSES, suggestScopes } from '../../discovery/suggest-scopes.ts';
import type { Links, Run } from '../../ports/index.ts';
import { connectTcp } from '../../tcp/connect-tcp.ts';

/** RFC 5737: no packet to it arrives, and none of ours gets far. */
const NOWHERE = '192.0.2.1';
const MAX_HOPS = 4;
const HOP_TIMEOUT_MS = 9_000;
const MODEM_PORTS = [80, 443] as const;
/** Long enough for a first packet that was lost: it is sent again after a second. */
const MODEM_TIMEOUT_MS = 1_300;
const MODEMS_AT_ONCE = 4;
/** What was found does not change by the minute, and pages are reloaded. */
const FRESH_MS = 60_000;

/** What the scout looks with. */
export interface ScopeScoutDeps {
  readonly links: Links;
  readonly run: Run;
  readonly clock: Clock;
  readonly scopes: () => readonly Scope[];
  readonly meshPrefix: () => Cidr4 | undefined;
  readonly tunnelName: () => string | undefined;
  readonly signal: AbortSignal;
}

/** Networks that this edge reaches and nobody has added. */
export interface ScopeScout {
  look(): Promise<readonly ScopeSuggestion[]>;
}

const readHops = async (run: Run, signal: AbortSignal): Promise<readonly (Ip4 | undefined)[]> => {
  const options = { signal, timeoutMs: HOP_TIMEOUT_MS, okCodes: [1, 2] };
  try {
    const { stdout } = await run(
      'traceroute',
      ['-n', '-q', '1', '-w', '1', '-m', `${MAX_HOPS}`, NOWHERE],
      options,
    );
    return parseTraceroute(stdout);
  } catch {
    const ask = (ttl: number) =>
      run('ping', ['-n', '-c', '1', '-W', '1', '-t', `${ttl}`, NOWHERE], options)
        .then(({ stdout }) => parsePingHop(stdout))
        .catch(() => undefined);
    return await Promise.all(Array.from({ length: MAX_HOPS }, (_, at) => ask(at + 1)));
  }
};

const isAnswering = async (address: Ip4, signal: AbortSignal): Promise<boolean> => {
  const ask = async (port: number) => {
    const connection = await connectTcp(address, port, { timeoutMs: MODEM_TIMEOUT_MS, signal });
    if (connection.kind === 'open') connection.socket.destroy();
    return connection.kind === 'open';
  };
  return (await Promise.all(MODEM_PORTS.map(ask))).includes(true);
};

const findModems = async (taken: readonly Cidr4[], signal: AbortSignal): Promise<readonly Ip4[]> => {
  const limiter = createLimiter(MODEMS_AT_ONCE);
  // What is in a scope is found by scanning it.
  const unknown = MODEM_ADDRESSES.filter((one) => !taken.some((cidr) => isInCidr(one, cidr)));
  const answers = await Promise.all(unknown.map((one) => limiter.run(() => isAnswering(one, signal))));
  return unknown.filter((_, at) => answers[at]);
};

/** See the top of this file. Looks once at a time, and again only when what it saw is old. */
export const createScopeScout = (deps: ScopeScoutDeps): ScopeScout => {
  let seen: {
    readonly atMs: number;
    readonly hops: readonly (Ip4 | undefined)[];
    readonly modems: readonly Ip4[];
  };
  let looking: Promise<void> | undefined;
  const taken = () => {
    const prefix = deps.meshPrefix();
    return [...deps.scopes().map(({ cidr }) => cidr), ...(prefix === undefined ? [] : [prefix])];
  };
  const lookOut = async () => {
    const [hops, modems] = await Promise.all([
      readHops(deps.run, deps.signal),
      findModems(taken(), deps.signal),
    ]);
    seen = { atMs: deps.clock.monoMs(), hops: hops.filter((hop) => hop === undefined || isIp4(hop)), modems };
  };
  return {
    async look() {
      const isFresh = seen !== undefined && deps.clock.monoMs() - seen.atMs < FRESH_MS;
      if (!isFresh) {
        looking ??= lookOut().finally(() => {
          looking = undefined;
        });
        await looking;
      }
      const routes = await deps.links.readRoutes(deps.signal);
      return suggestScopes({ ...seen, routes, taken: taken(), tunnelName: deps.tunnelName() });
    },
  };
};
