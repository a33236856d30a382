/**
 * Finds what is on the LANs of this edge. Owns the facts `hosts` and `scopes`. Sources (`sources/`) are the only part
 * that opens sockets; they report, `discovery/` decides. Invariants: private networks only, one scan per scope,
 * bounded packets, every text from a device is cleaned before it is kept. Must not import the core or an adapter.
 */
import { describeError } from '@sidegate/kit';
import type { Host, HostId } from '@sidegate/protocol';
import * as v from 'valibot';
import type { PluginDefinition, PluginHost } from '../../plugin-api/index.ts';
import { createSources } from './create-sources.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { HostKeeper } from './host-keeper.ts';
import { watchNeighbours } from './neighbour-watch.ts';
import { createPublishedWatch } from './published-watch.ts';
import { ScanDesk } from './scan-desk.ts';
import { createScanSchedule } from './scan-schedule.ts';
import { ScopeKeeper } from './scope-keeper.ts';
import { createScopeScout } from './scope-scout.ts';
import { createVendorFile } from './vendor-file.ts';

const LINK_DEBOUNCE_MS = 400;
const NO_VENDORS = {
  code: 'VENDOR_TABLE_MISSING',
  severity: 'info',
  title: 'Nobody knows the makers of devices: there is no vendor table on this machine',
  hint: 'Install it: apt install arp-scan or ieee-data (Debian), or the package arp-scan-database (OpenWrt).',
} as const;
const NO_VENDORS_NOTICE = 'There is no vendor table: makers of devices, and some kinds, are not known.';

const DiscoveryConfig = v.strictObject({
  /** Lease files of a DHCP server on this machine: dnsmasq, odhcpd, ISC and Kea where OpenWrt and Debian have them. */
  leaseFiles: v.optional(v.array(v.string()), [
    '/tmp/dhcp.leases',
    '/var/lib/misc/dnsmasq.leases',
    '/tmp/hosts/odhcpd',
    '/tmp/odhcpd.leases',
    '/var/lib/dhcp/dhcpd.leases',
    '/var/lib/kea/kea-leases4.csv',
  ]),
});
type DiscoveryConfig = v.InferOutput<typeof DiscoveryConfig>;

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
  const { facts, ports, clock, log, events, signal, health } = host;
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
  const scout = createScopeScout({
    ...ports,
    clock,
    scopes: () => scopes.list(),
    meshPrefix: () => facts.get('network-map')?.account.prefix4,
    tunnelName: () => facts.get('tunnel')?.interfaceName,
    signal,
  });
  const desk = new ScanDesk({
    sources: createSources(host, config.leaseFiles),
    keeper,
    scopes,
    files: ports.files,
    clock,
    log,
    signal,
    onChange: (scan) => events.emit('scan.changed', scan),
    prepare: async () => {
      const isThere = await vendors.load();
      if (isThere) health.clear(NO_VENDORS.code);
      else health.raise(NO_VENDORS);
      return isThere ? undefined : NO_VENDORS_NOTICE;
    },
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
  return { vendors, keeper, scopes, scout, desk, watch, published };
};

/** See the top of this file. */
export const plugin: PluginDefinition<DiscoveryConfig> = {
  name: 'discovery',
  apiVersion: 1,
  summary: 'Finds devices on the LAN and what they offer',
  config: DiscoveryConfig,
  setup(host, config) {
    const { facts, ports, clock, log, signal, hooks } = host;
    const { vendors, keeper, scopes, scout, desk, watch, published } = createParts(host, config);
    const running: Disposable[] = [];
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
        for (const route of discoveryRoutes({ keeper, scopes, scout, desk, isPublished }))
          hooks.api.add(route);
        running.push(
          ports.links.watch((what) => {
            if (what === 'link' || what === 'address') refreshSoon();
          }),
        );
        running.push(
          watchNeighbours({
            links: ports.links,
            clock,
            scopes: () => scopes.attached(),
            keeper,
            prepare: async () => void (await vendors.load()),
          }),
        );
        running.push(createScanSchedule({ scopes, desk, clock, log }));
        facts.watch('tunnel', refreshSoon);
        facts.watch('forwards', () => keeper.setPinned(new Set(published().map(({ id }) => id))));
        watch.start();
        await desk.resume();
      },
      async stop() {
        for (const one of running) one[Symbol.dispose]();
        pending?.[Symbol.dispose]();
        watch[Symbol.dispose]();
        vendors[Symbol.dispose]();
        await desk.stop();
        await keeper.stop();
      },
    };
  },
};
