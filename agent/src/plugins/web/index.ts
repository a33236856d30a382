/**
 * The edge's web UI: its pages and the local API behind a login, on the mesh address.
 *
 * Invariants: never a wildcard address, never the WAN side; nothing of the API without a session but what the login
 * page needs; a session works from the address it was opened from only. Must not import the core: the API comes in
 * as `host.localApi`, names and keys come in as facts.
 */
import { createBackoff, createScope, createSingleFlight, Secret } from '@sidegate/kit';
import { type NetworkMap, nodeFqdn, SetPasswordRequest } from '@sidegate/protocol';
import * as v from 'valibot';
import type { PluginDefinition, PluginHost, PluginInstance } from '../../plugin-api/index.ts';
import { createHttpListeners, type ListenFailure } from './http-listeners.ts';
import { type ListenPlan, planListening, webService } from './listen-plan.ts';
import { createLocalTickets } from './local-tickets.ts';
import { createLoginThrottle } from './login-throttle.ts';
import { ownHostNames } from './request-guard.ts';
import { createSessions } from './sessions.ts';
import { createStaticUi } from './static-ui.ts';
import { openUsedTickets } from './used-tickets.ts';
import { createWebApp } from './web-app.ts';
import { WebConfig } from './web-config.ts';

/** Names by which a browser may ask for this machine. */
const namesOf = (host: PluginHost, plan: ListenPlan, config: WebConfig): ReadonlySet<string> => {
  const map: NetworkMap | undefined = host.facts.get('network-map');
  const own =
    map === undefined
      ? []
      : [map.self.name, nodeFqdn(map.self.name, map.account.label, map.account.baseDomain)];
  return ownHostNames([...own, ...plan.addresses.map(({ address }) => address), ...config.hostNames]);
};

const reportTrouble = (
  host: PluginHost,
  plan: ListenPlan,
  failures: readonly ListenFailure[],
  port: number,
): void => {
  const inUse = failures.find(({ reason }) => reason === 'EADDRINUSE');
  if (inUse === undefined) host.health.clear('web-port-in-use');
  else
    host.health.raise({
      code: 'web-port-in-use',
      severity: 'warning',
      title: `The web UI cannot listen on ${inUse.address.address}, port ${port}: another program does`,
      hint: 'Stop that program, or set another `port` in the web section of the config.',
    });
  if (plan.unsuitable.length === 0) host.health.clear('web-lan-unsuitable');
  else
    host.health.raise({
      code: 'web-lan-unsuitable',
      severity: 'warning',
      title: `The web UI does not listen on ${plan.unsuitable.join(', ')}: no private IPv4 address there`,
      hint: 'Correct `lanInterfaces` in the web section of the config; it never listens on public addresses.',
    });
};

const uiUrl = (address: string, port: number): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}/`;

/** Passwords are set by whoever is root here, whether or not the UI is served. */
const addPasswordRoute = (host: PluginHost): void =>
  host.hooks.api.add({
    method: 'PUT',
    path: '/login/password',
    summary: 'Set the local password of the web UI',
    reach: 'local',
    async handler(request) {
      const { password } = await request.readBody(SetPasswordRequest);
      await host.ports.logins.setPassword(new Secret(password));
    },
  });

/** Whoever asks through the system's own log-in names it: the ticket is worth as long as that is. */
const TicketRequest = v.optional(
  v.strictObject({ systemLogin: v.optional(v.pipe(v.string(), v.maxLength(64))) }),
  {},
);

const loginOf = ({ ports }: PluginHost, { systemLogin }: v.InferOutput<typeof TicketRequest>) =>
  systemLogin === undefined ? undefined : ports.logins.adopt?.(systemLogin);

const setup = async (host: PluginHost, config: WebConfig): Promise<PluginInstance> => {
  const { clock, facts, log, ports } = host;
  const scope = createScope(host.signal);
  const sessions = createSessions(clock);
  const localTickets = createLocalTickets(clock);
  let plan: ListenPlan = { addresses: [], unsuitable: [] };
  const app = createWebApp({
    log,
    clock,
    facts,
    sessions,
    logins: ports.logins,
    throttle: createLoginThrottle(clock),
    usedTickets: await openUsedTickets({ files: ports.files, clock, log }),
    localTickets,
    localApi: host.localApi,
    serveUi: createStaticUi(config.directory),
    hostname: host.platform.hostname,
    ownHosts: () => namesOf(host, plan, config),
  });
  const listeners = createHttpListeners(config.port, app);
  const retry = createBackoff({ firstMs: 500, maxMs: 60_000 });
  let retryTimer: Disposable | undefined;

  const reconcile = async () => {
    if (scope.signal.aborted) return;
    const links = config.lanInterfaces.length === 0 ? [] : await ports.links.readLinks(scope.signal);
    plan = planListening({ map: facts.get('network-map'), links, ...config });
    const failures = await listeners.apply(plan.addresses);
    if (plan.addresses.length === 0) host.hooks.firewall.clear();
    else host.hooks.firewall.replace({ ownServices: [webService(config.port)] });
    reportTrouble(host, plan, failures, config.port);
    retryTimer?.[Symbol.dispose]();
    // An address that is not there yet comes with the tunnel; a port in use may become free.
    if (failures.length > 0) retryTimer = clock.after(retry.nextMs(), trigger);
    else retry.reset();
  };
  const flight = createSingleFlight(reconcile);
  const trigger = () =>
    void flight.request().catch((error: unknown) => {
      if (!scope.signal.aborted) log.warn('the web UI could not follow a change', { error });
    });

  scope.add(async () => {
    retryTimer?.[Symbol.dispose]();
    await flight.idle();
    sessions.endAll();
    await listeners.close();
  });
  return {
    async start() {
      addPasswordRoute(host);
      host.hooks.api.add({
        method: 'POST',
        path: '/login/ticket',
        summary: 'A ticket to log in to the web UI as root with, once and soon, and where',
        reach: 'local',
        handler: async (request) => ({
          ...localTickets.issue(loginOf(host, await request.readBody(TicketRequest))),
          urls: plan.addresses.map(({ address }) => uiUrl(address, config.port)),
        }),
      });
      scope.add(facts.watch('network-map', trigger));
      scope.add(facts.watch('tunnel', trigger));
      scope.add(ports.links.watch((what) => what === 'address' && trigger()));
      await flight.idle();
    },
    stop: () => scope.end(),
  };
};

/** The plugin, for the list of built-in plugins. */
export const plugin: PluginDefinition<WebConfig> = {
  name: 'web',
  apiVersion: 1,
  summary: 'Web UI of this machine on its mesh address',
  after: ['mesh'],
  config: WebConfig,
  setup,
};
