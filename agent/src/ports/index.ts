/**
 * What the agent needs of the machine it runs on, as roles. `platform/` decides which adapter plays which role;
 * `system/` holds the adapters; fakes in `platform/memory` pass the same contract suites. Types only: nothing here
 * runs, and nothing here may import anything but the protocol's and kit's types.
 */

import type { Secret } from '@sidegate/kit';
import type { Cidr4, Endpoint, Ip, Ip4, Ip6, Mac, PublicKey } from '@sidegate/protocol';
import type { Ruleset } from './ruleset.ts';

export type { NftObject, Ruleset } from './ruleset.ts';

/** Name of a network interface: 1 to 15 bytes, no slash, no white space (Linux `dev_valid_name`). */
export type IfName = string & { readonly __brand: 'IfName' };

/** One WireGuard peer as it should be. Absent `endpoint`: leave what the kernel learned. */
export interface TunnelPeer {
  readonly publicKey: PublicKey;
  readonly endpoint?: Endpoint;
  /** /32 and /128 networks whose packets go to this peer; empty for a beacon. */
  readonly allowedIps: readonly string[];
  /** 0 turns it off. */
  readonly keepaliveSec: number;
}

/** The interface as it should be. */
export interface TunnelConfig {
  readonly interfaceName: IfName;
  readonly privateKey: Secret;
  readonly listenPort: number;
  readonly mtuBytes: number;
  readonly address4: Ip4;
  readonly address6: Ip6;
}

/** One line of `wg show <interface> dump`. */
export interface TunnelPeerState {
  readonly publicKey: PublicKey;
  readonly endpoint: Endpoint | undefined;
  readonly allowedIps: readonly string[];
  /** Milliseconds since 1970; `undefined` before the first handshake. */
  readonly latestHandshakeAt: number | undefined;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly keepaliveSec: number;
}

/** One change to one peer. `reset` removes and adds it in one call, which starts a new handshake at once. */
export type TunnelPeerChange =
  | { readonly kind: 'set'; readonly peer: TunnelPeer }
  | { readonly kind: 'reset'; readonly peer: TunnelPeer }
  | { readonly kind: 'endpoint'; readonly publicKey: PublicKey; readonly endpoint: Endpoint }
  /** Sends a packet now: keepalive to 0 and back (kernel and wireguard-go both do). */
  | { readonly kind: 'poke'; readonly publicKey: PublicKey; readonly keepaliveSec: number }
  | { readonly kind: 'remove'; readonly publicKey: PublicKey };

/** The WireGuard interface. It outlives the agent: a dead agent drops no packet. */
export interface Tunnel {
  /** Creates or adopts the interface: kernel WireGuard, else wireguard-go in a session of its own. Idempotent. */
  ensure(config: TunnelConfig, signal: AbortSignal): Promise<{ readonly kind: 'kernel' | 'userspace' }>;
  /** Applies changes in one `wg` call where possible; keys go over stdin. */
  change(interfaceName: IfName, changes: readonly TunnelPeerChange[], signal: AbortSignal): Promise<void>;
  /** Routes towards the interface become exactly these /32 and /128 networks. */
  ensureRoutes(interfaceName: IfName, networks: readonly string[], signal: AbortSignal): Promise<void>;
  read(interfaceName: IfName, signal: AbortSignal): Promise<readonly TunnelPeerState[] | undefined>;
  /** Packets that ever went through the interface, either way: cheap to ask, so that nobody reads idle peers. */
  countPackets(interfaceName: IfName): Promise<number | undefined>;
  /** Removes interface and userspace process. Idempotent. */
  remove(interfaceName: IfName): Promise<void>;
}

/** An interface with its IPv4 and IPv6 addresses. */
export interface Link {
  readonly name: IfName;
  readonly mac: Mac | undefined;
  readonly isUp: boolean;
  readonly isLoopback: boolean;
  /** Address with prefix length: `192.168.1.2/24`. */
  readonly addresses4: readonly Cidr4[];
  /** Deprecated and tentative ones left out: nothing new may begin there. */
  readonly addresses6: readonly string[];
  /** Those among them that were made up for privacy and change daily (RFC 8981). */
  readonly temporary6?: readonly string[];
  /** veth, bridge, wireguard, ...; `undefined` for plain Ethernet. */
  readonly linkKind: string | undefined;
}

/** An entry of the kernel's main table; `gateway` is absent where the network is on the wire. */
export interface Route {
  /** `default` or a network. */
  readonly destination: string;
  readonly family: 4 | 6;
  readonly gateway: Ip | undefined;
  readonly interfaceName: IfName;
}

/** A neighbour-table entry (ARP, NDP). */
export interface Neighbour {
  readonly address: Ip;
  readonly mac: Mac;
  readonly interfaceName: IfName;
  readonly state: string;
}

/** Interfaces, routes and neighbours: read, and watched through the kernel's own notifications. */
export interface Links {
  readLinks(signal: AbortSignal): Promise<readonly Link[]>;
  readRoutes(signal: AbortSignal): Promise<readonly Route[]>;
  readNeighbours(signal: AbortSignal): Promise<readonly Neighbour[]>;
  /**
   * Calls back (debounced by the caller) when addresses, links, routes or neighbours change, until disposed; of a
   * neighbour, with what the kernel now knows of it.
   */
  watch(
    onChange: (what: 'link' | 'address' | 'route' | 'neighbour', neighbour?: Neighbour) => void,
  ): Disposable;
}

/** Connections by what they were before translation. */
export interface ConnectionMatch {
  readonly protocol?: 'tcp' | 'udp' | 'icmp';
  readonly port?: number;
  /** With this one, of a range that begins with `port`. */
  readonly lastPort?: number;
  readonly destination?: Ip4;
  readonly source?: Ip4;
  /** Of anybody but these. */
  readonly notFrom?: readonly Ip4[];
}

/** A translated connection as the kernel tracks it; addresses and port are those before translation. */
export interface Connection {
  /** No other that is alive has it. */
  readonly key: string;
  /** `tcp`, `udp`, `icmp`, ... */
  readonly protocol: string;
  readonly source: Ip4;
  readonly destination: Ip4;
  readonly port?: number;
  /** Both directions; absent where the kernel does not count. */
  readonly bytes?: number;
  /** Since its last packet, as well as that can be told. */
  readonly idleMs: number;
  /** Said goodbye, though the kernel remembers it still. */
  readonly isOver: boolean;
}

/** Connections that carry a bit of the connection mark: read, and watched. */
export interface Connections {
  /** Throws COMMAND_NOT_FOUND where nothing on the machine can tell. */
  read(mark: number, signal: AbortSignal): Promise<readonly Connection[]>;
  /** Until disposed. `onGap`: some may have come or gone unseen. */
  watch(
    mark: number,
    on: {
      readonly onBegun: (connection: Connection) => void;
      readonly onEnded: (connection: Connection) => void;
      readonly onGap: () => void;
    },
  ): Disposable;
}

/** nftables: our table, whole, in one transaction. */
export interface Firewall {
  /** Replaces `table inet sidegate` by this ruleset, atomically. Throws `NFT_REJECTED` and changes nothing on refusal. */
  apply(ruleset: Ruleset, signal: AbortSignal): Promise<void>;
  /** Is there a table of ours, from this process or from one before it? */
  isPresent(signal: AbortSignal): Promise<boolean>;
  /** Is the table as we last applied it (another program may have flushed everything)? */
  isInPlace(signal: AbortSignal): Promise<boolean>;
  /** Counters by name, packets and bytes. */
  readCounters(
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly packets: number; readonly bytes: number }>>;
  /** Cuts established connections that were translated and are meant by any of these: match all that it gives. */
  cutConnections(matches: readonly ConnectionMatch[], signal: AbortSignal): Promise<void>;
  /** Calls back when any program deletes a table: perhaps ours (`isInPlace` tells). */
  watch(onFlush: () => void): Disposable;
  /** Removes the table. Idempotent. */
  remove(): Promise<void>;
}

/** Names of mesh nodes and published hosts, made known to this machine's resolver. */
export interface Resolver {
  /** These become all our names, replacing what we set before. */
  apply(
    names: readonly { readonly name: string; readonly address: Ip }[],
    signal: AbortSignal,
  ): Promise<void>;
  remove(): Promise<void>;
}

/** Somebody who proved who they are. Where the system keeps log-ins itself, it may take this one back. */
export interface SystemLogin {
  readonly name: string;
  /** Is it so still? Rejects where that cannot be asked. */
  isValid?(): Promise<boolean>;
  /** It is not needed any more. */
  end?(): Promise<void>;
}

/** Local log-ins to the web UI. */
export interface Logins {
  /** Why a password log-in is or is not possible here, for the login page. */
  readonly describe: () => Promise<{ readonly possible: boolean; readonly hint: string }>;
  /** Constant-time; `undefined` for a wrong password. */
  verify(password: string): Promise<SystemLogin | undefined>;
  /** A log-in that the system keeps already, by its id there. */
  adopt?(id: string): SystemLogin;
  /** Sets the local password (Debian); refused where the system has its own (OpenWrt). */
  setPassword(password: Secret): Promise<void>;
}

/** Kernel settings the agent needs, and puts back. */
export interface Sysctl {
  /** Turns IPv4 forwarding on, and where it can be had the counting of bytes, remembering what they were. */
  ensureForwarding(signal: AbortSignal): Promise<void>;
  restore(): Promise<void>;
}

/** Durable and volatile files. Writes are atomic (temp, fsync, rename); secrets are 0600. */
export interface Files {
  readText(area: 'state' | 'runtime' | 'config', name: string): Promise<string | undefined>;
  writeText(
    area: 'state' | 'runtime' | 'config',
    name: string,
    text: string,
    options?: { readonly secret?: boolean },
  ): Promise<void>;
  remove(area: 'state' | 'runtime' | 'config', name: string): Promise<void>;
}

/** Result of a program that ended. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}
/** Defaults: no input, ten seconds, exit code 0 only. */
export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Accept these exit codes besides 0. */
  readonly okCodes?: readonly number[];
  /** Called for every line of stdout as it comes. */
  readonly onLine?: (line: string) => void;
}
/** Runs one program with an argument vector; never a shell. Failures are `COMMAND_*` errors. */
export type Run = (file: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>;

/** UDP for probes and heartbeats, and towards WireGuard itself. */
export interface UdpSocket extends AsyncDisposable {
  readonly localPort: number;
  send(bytes: Uint8Array, to: { readonly address: Ip; readonly port: number }): void;
  /** Resolves when nothing waits here any more: what somebody else sends then comes after it. */
  sent(): Promise<void>;
  onMessage(
    listener: (bytes: Uint8Array, from: { readonly address: Ip; readonly port: number }) => void,
  ): Disposable;
}
/** How to open a WebSocket, and who hears what comes by it. */
export interface DialOptions {
  /** `http:` or `https:`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A larger message ends the connection. */
  readonly maxMessageBytes: number;
  readonly onMessage: (bytes: Uint8Array) => void;
  /** A message or a ping: the other side is there. */
  readonly onAlive: () => void;
  /** Called once, whoever ended it. */
  readonly onClosed: () => void;
  /** Ends the dialling. */
  readonly signal: AbortSignal;
}
/** An open WebSocket for binary messages. */
export interface MessageSocket extends Disposable {
  send(bytes: Uint8Array): void;
  /** What was sent and has not left this process. */
  bufferedBytes(): number;
}
/** Sockets, so that plugins stay free of `node:dgram` and tests can inject. */
export interface Sockets {
  bindUdp(options: {
    readonly address?: Ip;
    readonly port?: number;
    readonly family: 4 | 6;
    /** May it send to broadcast addresses? */
    readonly isBroadcast?: boolean;
  }): Promise<UdpSocket>;
  /** Rejects with `BROKER_UNREACHABLE` where nobody is there, or who is there refuses. */
  dialWebSocket(options: DialOptions): Promise<MessageSocket>;
}

/** What this machine's own DHCP server knows of a host. */
export interface DhcpLease {
  readonly mac: Mac;
  readonly address: Ip4;
  readonly name: string | undefined;
}

/** Everything a platform gives. */
export interface Ports {
  readonly tunnel: Tunnel;
  readonly links: Links;
  readonly firewall: Firewall;
  readonly connections: Connections;
  readonly resolver: Resolver;
  readonly logins: Logins;
  readonly sysctl: Sysctl;
  /** Where the machine can be asked; its lease files are read besides. */
  readonly leases?: () => Promise<readonly DhcpLease[]>;
  readonly files: Files;
  readonly sockets: Sockets;
  readonly run: Run;
}
