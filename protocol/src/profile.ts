/**
 * Profiles for the stock WireGuard apps: what a device that runs nothing of ours needs, and how it is written down. The
 * device makes its key pair itself; the broker and this text's way to it never see more than the public half.
 */
import * as v from 'valibot';
import { DnsLabel, Ip, Ip4, Ip6, PublicKey } from './ids.ts';
import { DEFAULTS, LIMITS } from './limits.ts';
import { PortalNode } from './portal-api.ts';

/** `POST /profiles`: a device of one's own. */
export const NewProfile = v.strictObject({ name: DnsLabel, publicKey: PublicKey });
export type NewProfile = v.InferOutput<typeof NewProfile>;

/** `POST /profiles/:id/renew`: the same device with a new key; what it had before is worthless. */
export const ProfileRenewal = v.pick(NewProfile, ['publicKey']);
export type ProfileRenewal = v.InferOutput<typeof ProfileRenewal>;

/** One machine that the device may reach. */
export const ProfilePeer = v.strictObject({
  name: DnsLabel,
  publicKey: PublicKey,
  /** Its own, and those of hosts that it publishes under addresses of their own. */
  addresses: v.array(Ip),
});
export type ProfilePeer = v.InferOutput<typeof ProfilePeer>;

/** All of a profile but the private key. */
export const Profile = v.strictObject({
  address4: Ip4,
  address6: Ip6,
  /** Where the beacon speaks WireGuard: it makes the device known to the relay, and answers DNS inside the tunnel. */
  beacon: v.strictObject({ publicKey: PublicKey, endpoint: v.string() }),
  resolver: v.strictObject({
    addresses: v.array(Ip),
    searchDomain: v.string(),
    /** Does it answer for names outside of the account too? Where not, a device must go on asking its own resolver. */
    isForwarding: v.boolean(),
  }),
  peers: v.pipe(v.array(ProfilePeer), v.maxLength(LIMITS.peersPerProfile)),
  /** Machines that found no place. */
  omitted: v.number(),
});
export type Profile = v.InferOutput<typeof Profile>;

/** The answer to both. */
export const ProfileCreated = v.strictObject({ node: PortalNode, profile: Profile });
export type ProfileCreated = v.InferOutput<typeof ProfileCreated>;

/** Stands for the key in a profile that somebody else completes. */
export const PRIVATE_KEY_PLACEHOLDER = '<private key>';

const PREFIX_BITS = { v4: 32, v6: 128 } as const;
const hostRoutes = (addresses: readonly Ip[]): string =>
  addresses
    .map((address) => `${address}/${address.includes(':') ? PREFIX_BITS.v6 : PREFIX_BITS.v4}`)
    .join(', ');

interface RenderProfileOptions {
  /** Base64, or the placeholder. */
  readonly privateKey: string;
  /** Names of machines as comments; left out where every byte counts. */
  readonly hasComments?: boolean;
}

/**
 * The text of wg-quick(8). Every peer starts at the relay, the beacon keeps the way there open. No ListenPort: each
 * device then has a random one of its own, which is what NATs like best.
 */
export const renderProfile = (profile: Profile, options: RenderProfileOptions): string => {
  const { address4, address6, beacon, resolver, peers } = profile;
  const { privateKey, hasComments = true } = options;
  const section = (title: string, comment: string, lines: readonly string[]): string =>
    [...(hasComments ? [`# ${comment}`] : []), `[${title}]`, ...lines].join('\n');
  const dns = [...resolver.addresses, resolver.searchDomain].join(', ');
  return `${[
    section('Interface', `This device in ${resolver.searchDomain}`, [
      `PrivateKey = ${privateKey}`,
      `Address = ${hostRoutes([address4, address6])}`,
      ...(resolver.isForwarding ? [`DNS = ${dns}`] : []),
      `MTU = ${DEFAULTS.tunnelMtuBytes}`,
    ]),
    section('Peer', 'The broker: relay and names', [
      `PublicKey = ${beacon.publicKey}`,
      `AllowedIPs = ${hostRoutes(resolver.addresses)}`,
      `Endpoint = ${beacon.endpoint}`,
      `PersistentKeepalive = ${DEFAULTS.beaconKeepaliveSec}`,
    ]),
    ...peers.map(({ name, publicKey, addresses }) =>
      section('Peer', name, [
        `PublicKey = ${publicKey}`,
        `AllowedIPs = ${hostRoutes(addresses)}`,
        `Endpoint = ${beacon.endpoint}`,
      ]),
    ),
  ].join(hasComments ? '\n\n' : '\n')}\n`;
};

/** Interface names have at most 15 characters on Linux and Android, and the apps take them from the file's name. */
const INTERFACE_NAME_LENGTH = 15;

/** What the file is called. */
export const profileFileName = (name: DnsLabel): string =>
  `${name.slice(0, INTERFACE_NAME_LENGTH).replace(/-+$/, '')}.conf`;
