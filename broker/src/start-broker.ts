/**
 * A running broker from its settings: database, service, beacons, HTTP. What was started is stopped in reverse order,
 * also where a later step fails. The only file that knows all three of `http`, `udp` and `store`.
 */
import { readFileSync } from 'node:fs';
import {
  type Clock,
  createScope,
  formatEndpoint,
  type Logger,
  type ResourceScope,
  splitEndpoint,
} from '@sidegate/kit';
import type { Beacon, Ip } from '@sidegate/protocol';
import { type Beacon as BeaconCore, createBeacon, type Outgoing, startUdpServer } from '@sidegate/relay';
import { findPublicPlaces, planListening } from './beacon-places.ts';
import { type BrokerConfig, publicUrlOf, storeLocationOf } from './config.ts';
import { BrokerError } from './errors.ts';
import { createApp } from './http/app.ts';
import { type HttpServer, startHttpServer } from './http/http-server.ts';
import { createRelayUpgrade } from './http/relay-upgrade.ts';
import { openResolver } from './open-resolver.ts';
import { ensureBeaconKey, ensureDataDirectory, ensureTicketKey } from './private-files.ts';
import { type BrokerService, createBrokerService } from './service/broker-service.ts';
import type { BucketRate } from './service/token-buckets.ts';
import { openStore, type Store } from './store/store.ts';

/** The outside world of a broker: tests give a virtual clock, or another rate. */
export interface BrokerDeps {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tests and demonstrations on one machine: candidates on loopback count. */
  readonly isLoopbackAllowed?: boolean;
  readonly enrolRate?: BucketRate;
}

/** A broker that serves. */
export interface Broker {
  /** Where people and agents reach it. */
  readonly url: string;
  readonly httpPort: number;
  readonly beacons: readonly Beacon[];
  /** Given once, while there is no account. */
  readonly setupCode: string | undefined;
  readonly service: BrokerService;
  readonly beacon: BeaconCore;
  readonly store: Store;
  stop(): Promise<void>;
}

/** The beacon that WebSockets lead to; nodes keep the others on UDP, and so notice when UDP works again. */
const WEB_SOCKET_BEACON = 0;
const startUdp = async (deps: BrokerDeps, service: BrokerService, scope: ResourceScope) => {
  const { config, clock } = deps;
  const keys = config.udp.map((_, index) => ensureBeaconKey(config.data, index));
  const answers = { send: (_outgoing: readonly Outgoing[]): void => {} };
  const onInnerPacket = openResolver(deps, service, (node, beaconIndex, packet) =>
    answers.send(beacon.encodeInner(node, beaconIndex, packet)),
  );
  const events = { ...service.beaconEvents, onInnerPacket };
  const beacon = createBeacon({ keys, directory: service.directory, events, clock });
  const listen = planListening(config);
  try {
    const { relaySockets } = service;
    const udp = await startUdpServer({ beacon, listen, clock, sendToWebSocket: relaySockets.send });
    answers.send = udp.send;
    scope.add(udp);
    relaySockets.setReceiver({
      receive: (node, bytes) => udp.receive(WEB_SOCKET_BEACON, bytes, node),
      closed: beacon.closeWebSocket,
    });
    service.setBeacon(beacon);
    // Stock apps hear of no restart, and would be strangers to the relay until their next handshake with a beacon.
    for (const { node, endpoint } of service.listRecentApps()) beacon.adopt(node, 0, splitEndpoint(endpoint));
    return { beacon, listen, udp };
  } catch (cause) {
    throw new BrokerError('LISTEN_FAILED', 'listen for UDP', { cause });
  }
};

const startHttp = async (deps: BrokerDeps, service: BrokerService, url: string): Promise<HttpServer> => {
  const { config, clock, logger, enrolRate } = deps;
  const { http, tlsCert, tlsKey, trustProxy, portalDir } = config;
  const httpDeps = {
    service,
    clock,
    logger: logger.child('http'),
    config: { publicUrl: url, isProxyTrusted: trustProxy, portalDir },
  };
  const app = createApp({
    ...httpDeps,
    ...(enrolRate === undefined ? {} : { enrolRate }),
  });
  const tls =
    tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') } };
  const onUpgrade = createRelayUpgrade(httpDeps);
  return startHttpServer({ ...http, clock, listener: app.handler as never, onUpgrade, ...tls });
};

const start = async (deps: BrokerDeps, scope: ResourceScope): Promise<Omit<Broker, 'stop'>> => {
  const { config, clock, logger } = deps;
  ensureDataDirectory(config.data);
  const store = await openStore(storeLocationOf(config));
  scope.add(() => store.close());
  const url = publicUrlOf(config);
  // Filled once the sockets are bound: their ports are known only then, and nothing is served before.
  const beacons: Beacon[] = [];
  const brokerAddresses = new Set<Ip>();
  const service = await createBrokerService(
    {
      store,
      clock,
      logger,
      ticketKey: ensureTicketKey(config.data),
      beacons,
      brokerAddresses,
      publicUrl: url,
      baseDomain: config.baseDomain,
      checkInSec: config.checkInSec,
      relayQuotaBytes: config.relayQuota,
      edgeUrl: config.edgeUrl,
      isLoopbackAllowed: deps.isLoopbackAllowed ?? false,
      isForwarding: config.dnsUpstream !== 'none',
    },
    scope.signal,
  );
  scope.add(() => service.close());
  const { beacon, listen, udp } = await startUdp(deps, service, scope);
  const bound = listen.map(({ beaconIndex }, at) => ({ beaconIndex, ...udp.bound[at]! }));
  const places = await findPublicPlaces(config, url, bound);
  places.forEach((endpoints, at) => {
    for (const { address } of endpoints) brokerAddresses.add(address);
    beacons.push({ publicKey: beacon.publicKeys[at]!, endpoints: endpoints.map(formatEndpoint) });
  });
  const http = await startHttp(deps, service, url);
  scope.add(async () => {
    // Event streams never end by themselves, and the server waits for every answer.
    service.endStreams();
    await http.stop();
  });
  const setupCode = await service.setup.offer();
  return { url, httpPort: http.port, beacons, setupCode, service, beacon, store };
};

/** Starts everything, or nothing. */
export const startBroker = async (deps: BrokerDeps): Promise<Broker> => {
  const scope = createScope();
  try {
    return { ...(await start(deps, scope)), stop: () => scope.end() };
  } catch (error) {
    await scope.end().catch(() => {});
    throw error;
  }
};
