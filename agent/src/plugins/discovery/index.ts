/**
 * Finds what is on the LANs of this edge. Owns the facts `hosts` and `scopes`. Sources (`sources/`) are the only part
 * that opens sockets; they report, `discovery/` decides. Invariants: private networks only, one scan per scope,
 * bounded packets, every text from a device is cleaned before it is kept. Must not import the core or an adapter.
 */
import { describeError } from '@sidegate/kit';
import type { Host, HostId } from '@sidegate/protocol';
import * as v from 'valibot';
import type { PluginDefinition, PluginHost } from '../../plugin-api/index.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { HostKeeper } from './host-keeper.ts';
import { createPublishedWatch } from './published-watch.ts';
import { ScanDesk } from './scan-desk.ts';
import { ScopeKeeper } from './scope-keeper.ts';
import { createDeviceFinder } from './sources/find-devices.ts';
import { createLeaseSource } from './sources/leases.ts';
import { createMdnsSource } from './sources/mdns.ts';
import { createNeighbourSource } from './sources/neighbours.ts';
import { createNetbiosSource } from './sources/netbios.ts';
import { createServiceSource } from './sources/services.ts';
import { createSsdpSource } from './sources/ssdp.ts';
import { createWsDiscoverySource } from './sources/ws-discovery.ts';
import { createVendorFile } from './vendor-file.ts';

const LINK_DEBOUNCE_MS = 400;
const ARP_SCAN_MISSING = 'ARP_SCAN_MISSING';

const DiscoveryConfig = v.strictObject({
  /** Lease files of a dnsmasq on this machine: OpenWrt's place, Debian's place. */
  leaseFiles: v.optional(v.array(v.string()), ['/tmp/dhcp.leases', '/var/lib/misc/dnsmasq.leases']),
});
type DiscoveryConfig = v.InferOutput<typeof DiscoveryConfig>;

const createSources = ({ ports, clock, health }: PluginHost, { leaseFiles }: DiscoveryConfig) => [
  createNeighbourSource(ports.links),
  createLeaseSource(leaseFiles),
  createDeviceFinder({
    ...ports,
    clock,
    onArpScan: (isMissing) => {
      if (!isMissing) return health.clear(ARP_SCAN_MISSING);
      health.raise({
        code: ARP_SCAN_MISSING,
        severity: 'warning',
        title: 'Scans may miss devices: arp-scan is not installed',
        hint: 'Install it: apt install arp-scan (Debian), or the package arp-scan (OpenWrt).',
      });
    },
  }),
  createMdnsSource(clock),
  createSsdpSource({ ...ports, clock }),
  createWsDiscoverySource({ ...ports, clock }),
  createServiceSource(clock),
  createNetbiosSource({ ...ports, clock }),
];

/** Hosts that forwards lead to, by id or by the address they have. */
const publishedHosts = ({ facts }: PluginHost, keeper: HostKeeper): readonly Host[] => {
  const ids = new Set<HostId>();
  for (const { target } of facts.get('forwards') ?? []) {
    const id = target.kind === 'host' ? target.hostId : keeper.book.atAddress(target.address)?.id;
    if (id !== undefined) ids.add(id);
  }
  return [...ids].flatMap((id) => keeper.book.get(id) ?? []);
};

const createParts = (host: PluginHost, config: DiscoveryConfig) => {
  const { facts, ports, clock, log, events, signal } = host;
  const claims = { hosts: facts.claim('hosts'), scopes: facts.claim('scopes') };
  const vendors = createVendorFile(clock);
  const keeper = new HostKeeper({
    vendorOf: vendors.vendorOf,
    files: ports.files,
    clock,
    log,
    publish: (hosts) => claims.hosts.publish(hosts),
    emit: (event, data) => events.emit(event, data),
  });
  const scopes = new ScopeKeeper({
    links: ports.links,
    files: ports.files,
    publish: (list) => claims.scopes.publish(list),
    tunnelName: () => facts.get('tunnel')?.interfaceName,
    meshPrefix: () => facts.get('network-map')?.account.prefix4,
  });
  const desk = new ScanDesk({
    sources: createSources(host, config),
    keeper,
    scopes,
    clock,
    log,
    signal,
    onChange: (scan) => events.emit('scan.changed', scan),
    prepare: () => vendors.load(),
  });
  const published = () => publishedHosts(host, keeper);
  const watch = createPublishedWatch({
    run: ports.run,
    keeper,
    scopes: () => scopes.attached(),
    isScanning: ({ id }) => desk.isScanning(id),
    published,
    clock,
    log,
    signal,
  });
  return { vendors, keeper, scopes, desk, watch, published };
};

/** See the top of this file. */
export const plugin: PluginDefinition<DiscoveryConfig> = {
  name: 'discovery',
  apiVersion: 1,
  summary: 'Finds devices on the LAN and what they offer',
  config: DiscoveryConfig,
  setup(host, config) {
    const { facts, ports, clock, log, signal, hooks } = host;
    const { vendors, keeper, scopes, desk, watch, published } = createParts(host, config);
    let links: Disposable | undefined;
    let pending: Disposable | undefined;
    const refreshSoon = () => {
      pending ??= clock.after(LINK_DEBOUNCE_MS, () => {
        pending = undefined;
        if (signal.aborted) return;
        void scopes.refresh(signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn('look at the interfaces', { why: describeError(error) });
        });
      });
    };
    return {
      async start() {
        await keeper.load();
        await scopes.load(signal);
        const isPublished = (id: HostId) => published().some((one) => one.id === id);
        for (const route of discoveryRoutes({ keeper, scopes, desk, isPublished })) hooks.api.add(route);
        links = ports.links.watch((what) => {
          if (what === 'link' || what === 'address') refreshSoon();
        });
        facts.watch('tunnel', refreshSoon);
        facts.watch('forwards', () => keeper.setPinned(new Set(published().map(({ id }) => id))));
        watch.start();
      },
      async stop() {
        links?.[Symbol.dispose]();
        pending?.[Symbol.dispose]();
        watch[Symbol.dispose]();
        vendors[Symbol.dispose]();
        await keeper.stop();
      },
    };
  },
};
