/**
 * Holds one mapping: asks for it, renews it at half of its lease, looks after it every ten minutes, gives it back.
 * Everything that happens (the tunnel came, the network changed, the gateway restarted, time passed) ends in one and
 * the same run, which compares what is with what should be.
 */
import { createBackoff, createSingleFlight } from '@sidegate/kit';
import type { Ip4, PortMappingStatus } from '@sidegate/protocol';
import type { PluginHost } from '../../plugin-api/index.ts';
import { findGateway, type GatewayPlace } from '../../port-mapping/find-gateway.ts';
import {
  endsAtMs,
  MAPPING_PROTOCOLS,
  type MapOutcome,
  type MappingProtocol,
  type PortMapping,
  renewAtMs,
} from '../../port-mapping/mapping.ts';
import type { GatewayContext, MappingClient } from './mapping-client.ts';
import { createNatPmpClient } from './nat-pmp-client.ts';
import { createPcpClient } from './pcp-client.ts';
import type { PortMappingConfig } from './port-mapping-config.ts';
import { createUpnpClient } from './upnp-client.ts';

const CHECK_MS = 600_000;
/** A gateway that is starting has its services up some seconds after its links. */
const RETRY = { firstMs: 5_000, maxMs: CHECK_MS } as const;
const RELEASE_MS = 1_500;

const CLIENTS: Readonly<Record<MappingProtocol, (context: GatewayContext) => MappingClient>> = {
  pcp: createPcpClient,
  'nat-pmp': createNatPmpClient,
  upnp: createUpnpClient,
};

interface Held {
  readonly mapping: PortMapping;
  readonly place: GatewayPlace;
  readonly client: MappingClient;
}

interface Mapper {
  /** Something changed: look again. */
  request(): void;
  /** What is held, for whoever hears the gateway. */
  held(): { readonly mapping: PortMapping; readonly place: GatewayPlace } | undefined;
  /** Whom we ask, whether or not it gave us anything. */
  gateway(): GatewayPlace | undefined;
  /** Gives the mapping back and does nothing any more. */
  stop(): Promise<void>;
}

const isSamePlace = (one: GatewayPlace, other: GatewayPlace): boolean =>
  one.gateway === other.gateway && one.ownAddress === other.ownAddress;

const whyDoubleNat = (external: Ip4 | undefined): string =>
  external === undefined ? 'it has no public address' : `its own address ${external} is not a public one`;

/** Nothing is asked before the first request. */
export const createMapper = (deps: {
  readonly host: PluginHost;
  readonly config: PortMappingConfig;
  readonly loadNonce: () => Promise<Uint8Array>;
  /** `undefined`: there is no tunnel to map a port for. */
  readonly onStatus: (status: PortMappingStatus | undefined, mapping: PortMapping | undefined) => void;
}): Mapper => {
  const { host, config, loadNonce, onStatus } = deps;
  const { clock, log, ports } = host;
  const asking = new AbortController();
  const backoff = createBackoff(RETRY);
  let held: Held | undefined;
  let place: GatewayPlace | undefined;
  let timer: Disposable | undefined;

  const runIn = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    timer = clock.after(Math.max(0, delayMs), request);
  };
  const show = (status: PortMappingStatus | undefined) => onStatus(status, held?.mapping);
  const showHeld = ({ mapping, place: { gateway } }: Held) => {
    const { protocol, external } = mapping;
    const expiresAt = Math.round(clock.wallMs() + endsAtMs(mapping) - clock.monoMs());
    show({ state: 'mapped', gateway, protocol, external, expiresAt });
  };
  const keep = (next: Held) => {
    const before = held?.mapping;
    held = next;
    backoff.reset();
    if (before?.external !== next.mapping.external)
      log.info('the gateway maps a port to us', {
        why: `${next.mapping.external} by ${next.mapping.protocol}`,
      });
    showHeld(next);
    runIn(Math.min(CHECK_MS, renewAtMs(next.mapping) - clock.monoMs()));
  };
  /** With `isReachable` false the lease ends it: the gateway that gave it is not ours any more. */
  const release = async (isReachable: boolean) => {
    const ending = held;
    held = undefined;
    if (ending === undefined || !isReachable) return;
    const enough = new AbortController();
    using _timer = clock.after(RELEASE_MS, () => enough.abort(new Error('the gateway takes too long')));
    await ending.client.unmap(ending.mapping, enough.signal).catch((error: unknown) => {
      log.debug('the gateway was not told that its port is free', { error });
    });
  };

  /** Asks with one protocol after the other; what refused says more than what was silent. */
  const ask = async (
    context: GatewayContext,
    internalPort: number,
  ): Promise<MapOutcome & { client?: MappingClient }> => {
    const { protocol: first, external } = held?.mapping ?? {};
    const externalPort =
      external === undefined ? internalPort : Number(external.slice(external.lastIndexOf(':') + 1));
    const wanted = MAPPING_PROTOCOLS.filter((protocol) => config.protocols.includes(protocol));
    const order = first === undefined ? wanted : [first, ...wanted.filter((protocol) => protocol !== first)];
    let worst: MapOutcome = { kind: 'silent' };
    for (const protocol of order) {
      const client = CLIENTS[protocol](context);
      const outcome = await client.map({ internalPort, externalPort }, asking.signal);
      if (outcome.kind === 'mapped') return { ...outcome, client };
      if (outcome.kind === 'double-nat') return outcome;
      if (outcome.kind === 'refused' && worst.kind === 'silent') worst = outcome;
    }
    return worst;
  };
  const settle = (outcome: MapOutcome & { client?: MappingClient }, here: GatewayPlace) => {
    if (outcome.kind === 'mapped')
      return keep({ mapping: outcome.mapping, place: here, client: outcome.client! });
    const nowMs = clock.monoMs();
    const leftMs = held === undefined ? 0 : endsAtMs(held.mapping) - nowMs;
    // Nobody took back what half of the lease is left of: the gateway may merely be busy.
    if (outcome.kind === 'silent' && held !== undefined && leftMs > 0 && nowMs >= renewAtMs(held.mapping))
      return runIn(Math.min(backoff.nextMs(), leftMs));
    held = undefined;
    const { gateway } = here;
    if (outcome.kind === 'double-nat')
      show({ state: 'double-nat', gateway, why: whyDoubleNat(outcome.external) });
    else if (outcome.kind === 'refused') show({ state: 'unavailable', gateway, why: outcome.why });
    else show({ state: 'unavailable', gateway, why: 'it answers none of PCP, NAT-PMP and UPnP' });
    runIn(backoff.nextMs());
  };
  /** Is what we hold still there, and not yet due? */
  const isFresh = async ({ mapping, client, place: here }: Held): Promise<boolean> => {
    if (clock.monoMs() >= renewAtMs(mapping)) return false;
    const checked = await client.check(mapping, asking.signal);
    if (checked.kind === 'lost') return false;
    if (checked.kind === 'silent') {
      runIn(Math.min(backoff.nextMs(), endsAtMs(mapping) - clock.monoMs()));
      return true;
    }
    const { epoch } = checked;
    keep({ mapping: epoch === undefined ? mapping : { ...mapping, epoch }, client, place: here });
    return true;
  };
  const run = async () => {
    timer?.[Symbol.dispose]();
    if (asking.signal.aborted) return;
    const tunnel = host.facts.get('tunnel');
    if (tunnel === undefined || !config.enabled || config.protocols.length === 0) {
      await release(true);
      return show(tunnel === undefined ? undefined : { state: 'off' });
    }
    const [links, routes] = await Promise.all([
      ports.links.readLinks(asking.signal),
      ports.links.readRoutes(asking.signal),
    ]);
    const found = findGateway(links, routes, tunnel.interfaceName);
    place = typeof found === 'string' ? undefined : found;
    const isMoved = held !== undefined && (place === undefined || !isSamePlace(held.place, place));
    if (isMoved || held?.mapping.internalPort !== tunnel.listenPort) await release(!isMoved);
    if (typeof found === 'string') return show({ state: found === 'public' ? 'not-needed' : 'no-gateway' });
    if (held !== undefined && (await isFresh(held))) return;
    if (held === undefined) show({ state: 'asking', gateway: found.gateway });
    const context = { ...found, sockets: ports.sockets, clock, nonce: await loadNonce() };
    settle(await ask(context, tunnel.listenPort), found);
  };
  const flight = createSingleFlight(run);
  const request = () => {
    flight.request().catch((error: unknown) => {
      if (asking.signal.aborted) return;
      log.warn('could not ask the gateway for a port', { error });
      runIn(backoff.nextMs());
    });
  };
  return {
    request,
    held: () => held,
    gateway: () => place,
    async stop() {
      asking.abort(new Error('port mapping stops'));
      await flight.idle();
      timer?.[Symbol.dispose]();
      await release(true);
      show(undefined);
    },
  };
};
