/**
 * The services of an OpenWrt router that the agent talks to, on a ubusd in this process: rpcd's `uci` and `session`,
 * netifd's `network`, procd's `service`, odhcpd and LuCI's hints. They keep state as the real ones do and refuse with
 * the same codes; what they do not know, they do not answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sidegate/kit';
import { connectUbus, method, type Ubus, UbusError, type UbusInputTable, type UbusObject } from 'node-ubus';
import { startTestUbusd, type TestUbusd } from 'node-ubus/testing';

type Options = Record<string, string | string[]>;
/** A section by its name; `.type` is its type. */
export type UciSections = Record<string, Options & { '.type': string }>;

/** What a test sees and sets. */
export interface FakeRouter extends AsyncDisposable {
  readonly path: string;
  readonly directory: string;
  readonly ubusd: TestUbusd;
  /** A connection as the agent has it. */
  readonly ubus: Ubus;
  /** `/etc/config/sidegate`; `undefined` where there is none, `'broken'` where libuci cannot parse it. */
  uci: UciSections | undefined | 'broken';
  /** How often `uci commit` wrote to flash. */
  commits: number;
  /** Root's password; empty lets everybody in, as rpcd has it. */
  password: string;
  /** May root write in the group `sidegate`? */
  hasAccess: boolean;
  readonly sessions: Set<string>;
  readonly interfaces: Map<string, UbusInputTable>;
  /** Firewall rules in the data of procd services. */
  readonly serviceData: Map<string, unknown>;
  /** `name signal` of every signal that procd sent. */
  readonly signals: string[];
  /** As a crash of netifd: it forgets what is dynamic. */
  restartNetifd(): Promise<void>;
  notifyInterface(event: string, name: string): void;
}

const provideUci = (bus: Ubus, router: FakeRouter) => {
  const packageOf = (config: string): UciSections => {
    if (config !== 'sidegate' || router.uci === undefined) throw new UbusError('not-found');
    // libuci's UCI_ERR_PARSE has no status of its own in rpcd.
    if (router.uci === 'broken') throw new UbusError('unknown-error');
    return router.uci;
  };
  return bus.addObject({
    path: 'uci',
    methods: {
      get: method({ config: 'string' }, ({ config }) => ({
        values: Object.fromEntries(
          Object.entries(packageOf(config)).map(([name, options], index) => [
            name,
            { '.anonymous': false, '.name': name, '.index': index, ...options },
          ]),
        ),
      })),
      delete: method({ config: 'string', section: 'string', option: 'string' }, (given) => {
        const section = packageOf(given.config)[given.section];
        if (section?.[given.option] === undefined) throw new UbusError('not-found');
        delete section[given.option];
        return undefined;
      }),
      commit: method({ config: 'string' }, () => {
        router.commits += 1;
        return undefined;
      }),
    },
  });
};

const provideSessions = (bus: Ubus, router: FakeRouter) =>
  bus.addObject({
    path: 'session',
    methods: {
      login: method({ username: 'string', password: 'string', timeout: 'int32?' }, (given) => {
        const isRight = router.password === '' || given.password === router.password;
        if (given.username !== 'root' || !isRight) throw new UbusError('permission-denied');
        const id = `${router.sessions.size}`.padStart(32, '0');
        router.sessions.add(id);
        return { ubus_rpc_session: id, timeout: 300, expires: 299, acls: {}, data: { username: 'root' } };
      }),
      access: method(
        { ubus_rpc_session: 'string', scope: 'string', object: 'string', function: 'string' },
        ({ ubus_rpc_session: id, scope, object, function: right }) => {
          if (!router.sessions.has(id)) throw new UbusError('not-found');
          const isOurs = scope === 'access-group' && object === 'sidegate' && right === 'write';
          return { access: isOurs && router.hasAccess };
        },
      ),
      destroy: method({ ubus_rpc_session: 'string' }, ({ ubus_rpc_session: id }) => {
        if (!router.sessions.delete(id)) throw new UbusError('not-found');
        return undefined;
      }),
    },
  });

const provideProcd = (bus: Ubus, router: FakeRouter) =>
  bus.addObject({
    path: 'service',
    methods: {
      list: method({ name: 'string?' }, ({ name = '' }) =>
        router.serviceData.has(name) ? { [name]: { instances: {} } } : {},
      ),
      add: method({ name: 'string', data: 'table' }, ({ name, data }) => {
        router.serviceData.set(name, data.firewall);
        return undefined;
      }),
      signal: method({ name: 'string', signal: 'int32' }, ({ name, signal }) => {
        router.signals.push(`${name} ${signal}`);
        return undefined;
      }),
    },
  });

const provideNetifd = async (bus: Ubus, router: FakeRouter): Promise<readonly UbusObject[]> => {
  const removable = new Map<string, UbusObject>();
  const all = await bus.addObject({
    path: 'network.interface',
    methods: {
      dump: method({}, () => ({
        interface: [...router.interfaces].map(([name, config]) => ({ interface: name, ...config })),
      })),
    },
  });
  const network = await bus.addObject({
    path: 'network',
    methods: {
      add_dynamic: method(
        { name: 'string', proto: 'string', device: 'string' },
        async ({ name, ...config }) => {
          router.interfaces.set(name, { ...config, dynamic: true });
          const remove = method({}, () => {
            router.interfaces.delete(name);
            // As netifd does it: the caller hears of its success first.
            // By then the router may be gone, and the object with it.
            systemClock.after(
              20,
              () =>
                void removable
                  .get(name)
                  ?.remove()
                  .catch(() => undefined),
            );
            return undefined;
          });
          await removable.get(name)?.remove();
          removable.set(
            name,
            await bus.addObject({ path: `network.interface.${name}`, methods: { remove } }),
          );
          return undefined;
        },
      ),
    },
  });
  router.notifyInterface = (event, name) => all.notify(event, { interface: name });
  return [
    network,
    all,
    { remove: async () => void (await removable.get('sidegate')?.remove()) } as UbusObject,
  ];
};

const provideHints = async (bus: Ubus) => {
  const lease = { mac: '020000000009', address: '192.168.1.9', hostname: 'printer' };
  const leases = method({}, () => ({ device: { 'br-lan': { leases: [lease] } } }));
  await bus.addObject({ path: 'dhcp', methods: { ipv4leases: leases } });
  const hint = { ipaddrs: ['192.168.1.8'], ip6addrs: [], name: 'camera.lan' };
  const hints = method({}, () => ({ '02:00:00:00:00:08': hint }));
  await bus.addObject({ path: 'luci-rpc', methods: { getHostHints: hints } });
};

/** A router with a password, an empty configuration and the service `sidegate` started. */
export const openFakeRouter = async (): Promise<FakeRouter> => {
  const directory = await mkdtemp(join(tmpdir(), 'sidegate-router-'));
  const ubusd = await startTestUbusd(join(directory, 'ubus.sock'));
  const bus = connectUbus({ path: ubusd.path });
  const ubus = connectUbus({ path: ubusd.path, timeoutMs: 2_000 });
  const router: FakeRouter = {
    path: ubusd.path,
    directory,
    ubusd,
    ubus,
    uci: {},
    commits: 0,
    password: 'correct horse',
    hasAccess: true,
    sessions: new Set(),
    interfaces: new Map(),
    serviceData: new Map([['sidegate', undefined]]),
    signals: [],
    async restartNetifd() {
      router.interfaces.clear();
      for (const object of netifd) await object.remove();
      netifd = await provideNetifd(bus, router);
    },
    notifyInterface: () => undefined,
    async [Symbol.asyncDispose]() {
      await ubus.close();
      await bus.close();
      await ubusd.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await provideUci(bus, router);
  await provideSessions(bus, router);
  await provideProcd(bus, router);
  await provideHints(bus);
  let netifd = await provideNetifd(bus, router);
  return router;
};
