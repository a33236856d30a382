/**
 * The broker's settings: command line over environment over JSON file over defaults, checked once by one schema.
 */
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LogLevel, parseEndpoint, parseIp, splitEndpoint, type UdpEndpoint } from '@sidegate/kit';
import { DEFAULTS } from '@sidegate/protocol';
import * as v from 'valibot';
import { BrokerError } from './errors.ts';

/** A host, or an address (IPv6 in brackets), and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port`; `undefined` where it is none. */
export const parseHostPort = (text: string): HostPort | undefined => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65535) return undefined;
  return { host: (match[1] ?? match[2])!, port };
};

const DNS_PORT = 53;
/** An address of a resolver, with or without a port; `undefined` where it is none. */
export const parseResolver = (text: string): UdpEndpoint | undefined => {
  const bare = parseIp(text.trim());
  if (bare !== undefined) return { address: bare, port: DNS_PORT };
  const endpoint = parseEndpoint(text.trim());
  return endpoint && splitEndpoint(endpoint);
};

const hostPort = v.pipe(
  v.string(),
  v.check((text) => parseHostPort(text) !== undefined, 'address:port, such as 0.0.0.0:8080'),
  v.transform((text) => parseHostPort(text)!),
);
/** One beacon: an address, or one of each family joined by `+`. */
const beaconPlace = v.pipe(
  v.string(),
  v.transform((text) => text.split('+')),
  v.array(hostPort),
  v.maxLength(2, 'one address of each family, such as 192.0.2.1:7382+[2001:db8::1]:7382'),
);
const beaconPlaces = v.pipe(
  v.union([v.array(v.string()), v.string()]),
  v.transform((value) => (typeof value === 'string' ? value.split(',') : value)),
  v.array(beaconPlace),
  v.minLength(1),
  v.maxLength(4),
);
const flag = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false', '1', '0'])]),
  v.transform((value) => value === true || value === 'true' || value === '1'),
);
const url = v.pipe(
  v.string(),
  v.regex(/^https?:\/\//, 'http://... or https://...'),
  v.url(),
  v.transform((text) => text.replace(/\/+$/, '')),
);

const UNITS = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 } as const;
/** Bytes, as `50G`, or `none`. */
export const RelayQuota = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((value) => String(value).toLowerCase()),
  v.regex(/^(none|\d{1,12}[kmgt]?)$/, 'none, or a size such as 500M, 50G or 2T'),
  v.transform((text) =>
    text === 'none'
      ? undefined
      : Number.parseInt(text, 10) * UNITS[text.replace(/\d/g, '') as keyof typeof UNITS],
  ),
);

/** `none`, `system`, or addresses with or without a port: `192.0.2.53,[2001:db8::53]:5353`. */
const dnsUpstream = v.pipe(
  v.union([v.array(v.string()), v.string()]),
  v.transform((value) => (typeof value === 'string' ? value.split(',') : value)),
  v.transform((words): 'none' | 'system' | readonly (UdpEndpoint | undefined)[] =>
    words.length === 1 && (words[0] === 'none' || words[0] === 'system')
      ? words[0]
      : words.map(parseResolver),
  ),
  v.check(
    (upstream) => typeof upstream === 'string' || (upstream.length > 0 && !upstream.includes(undefined)),
    'none, system or addresses such as 192.0.2.53',
  ),
  v.transform((upstream) => upstream as 'none' | 'system' | readonly UdpEndpoint[]),
);

/** Where the bundle or the sources find the built portal beside them. */
const PORTAL_DIR = fileURLToPath(new URL('../../webui/dist/portal', import.meta.url));

/** Every setting; names as in the JSON file. */
export const ConfigSchema = v.strictObject({
  data: v.optional(v.pipe(v.string(), v.nonEmpty()), './sidegate-broker-data'),
  database: v.optional(v.pipe(v.string(), v.regex(/^postgres(ql)?:\/\//, 'postgres://...'))),
  http: v.optional(hostPort, `127.0.0.1:${DEFAULTS.brokerHttpPort}`),
  udp: v.optional(beaconPlaces, `0.0.0.0:${DEFAULTS.brokerUdpPort}+[::]:${DEFAULTS.brokerUdpPort}`),
  publicUdp: v.optional(beaconPlaces),
  publicUrl: v.optional(url),
  baseDomain: v.optional(
    v.pipe(v.string(), v.toLowerCase(), v.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'a domain name')),
    DEFAULTS.baseDomain,
  ),
  edgeUrl: v.optional(
    v.pipe(v.string(), v.regex(/^https?:\/\/.*\{(fqdn|name|address)\}/, 'http://{fqdn}/')),
    'http://{fqdn}/',
  ),
  dnsUpstream: v.optional(dnsUpstream, 'system'),
  portalDir: v.optional(v.string(), PORTAL_DIR),
  checkInSec: v.optional(
    v.pipe(
      v.union([v.number(), v.pipe(v.string(), v.digits(), v.toNumber())]),
      v.minValue(5),
      v.maxValue(3600),
    ),
    DEFAULTS.checkInSec,
  ),
  relayQuota: v.optional(RelayQuota, 'none'),
  trustProxy: v.optional(flag, false),
  tlsCert: v.optional(v.string()),
  tlsKey: v.optional(v.string()),
  logLevel: v.optional(v.picklist(['debug', 'info', 'warn', 'error'] satisfies LogLevel[]), 'info'),
});
/** Settings as given: every one optional. */
export type ConfigInput = v.InferInput<typeof ConfigSchema>;
/** Settings, checked and complete but for what depends on the machine. */
export type BrokerConfig = v.InferOutput<typeof ConfigSchema>;

const ENVIRONMENT_PREFIX = 'SIDEGATE_BROKER_';
/** `publicUdp` is `SIDEGATE_BROKER_PUBLIC_UDP`. */
export const environmentNameOf = (setting: string): string =>
  ENVIRONMENT_PREFIX + setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const fromEnvironment = (environment: Readonly<Record<string, string | undefined>>): ConfigInput =>
  Object.fromEntries(
    Object.keys(ConfigSchema.entries).flatMap((setting) => {
      const value = environment[environmentNameOf(setting)];
      return value === undefined || value === '' ? [] : [[setting, value]];
    }),
  );

/** Puts the sources together, the last one strongest, or throws `CONFIG_INVALID` naming the setting. */
export const parseConfig = (sources: {
  readonly file?: unknown;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: ConfigInput;
}): BrokerConfig => {
  const merged = { ...(sources.file ?? {}), ...fromEnvironment(sources.environment ?? {}), ...sources.flags };
  const result = v.safeParse(ConfigSchema, merged, { abortEarly: true });
  if (!result.success) {
    const issue = result.issues[0];
    const setting = v.getDotPath(issue) ?? 'configuration';
    throw new BrokerError('CONFIG_INVALID', `${setting}: ${issue.message}`, { field: setting });
  }
  const { tlsCert, tlsKey } = result.output;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new BrokerError('CONFIG_INVALID', 'tlsCert and tlsKey belong together', { field: 'tlsCert' });
  }
  return result.output;
};

/** Does the host stand for every address of the machine? */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

const ownAddress = (): string =>
  Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address ?? '127.0.0.1';

/** The URL that others use, as given or as good as can be guessed. */
export const publicUrlOf = (config: BrokerConfig, httpPort = config.http.port): string => {
  if (config.publicUrl !== undefined) return config.publicUrl;
  const host = isWildcard(config.http.host) ? ownAddress() : config.http.host;
  const scheme = config.tlsCert === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${httpPort}`;
};

/** Where the database is. */
export const storeLocationOf = (config: BrokerConfig): string =>
  config.database ?? join(config.data, 'broker.sqlite');
