/**
 * The contract between the agent's core and its plugins.
 *
 * A plugin is data plus one function; nothing runs at import time. It contributes wishes and facts, the core resolves
 * conflicts and applies. No setters for shared state: one plugin cannot break another. Whatever was registered dies
 * with the plugin. Types only; imports nothing of the core.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Emitter, Logger } from '@sidegate/kit';
import type {
  Address,
  Candidate,
  EDGE_EVENTS,
  EdgeEventName,
  Forward,
  HealthWarning,
  Host,
  HostWish,
  NetworkMap,
  PeerStatus,
  PendingChange,
  PortMappingStatus,
  PublicKey,
  RelayDirectory,
  RelayOffer,
  Scope,
} from '@sidegate/protocol';
import type * as v from 'valibot';
import type { IfName, Ports } from '../ports/index.ts';
import type { FirewallWish } from './firewall-wish.ts';

export type {
  AddressRule,
  FirewallWish,
  ForwardExpiry,
  ForwardRule,
  LanWire,
  OwnService,
  PermittedPeer,
} from './firewall-wish.ts';

/** `debian` is any Linux that is not OpenWrt; `memory` is that of tests. */
export type PlatformName = 'openwrt' | 'debian' | 'memory';
/** What a plugin may need of the machine; missing: the plugin is skipped and health says why. */
export type Capability = 'wireguard' | 'nftables' | 'arp-scan';

/** A plugin as data: nothing runs before `setup`. */
export interface PluginDefinition<C = unknown> {
  readonly name: string;
  /** The host refuses any other number. */
  readonly apiVersion: 1;
  readonly summary: string;
  /** Plugins that start before this one. Unknown names and cycles are start-up errors. */
  readonly after?: readonly string[];
  readonly requires?: readonly Capability[];
  readonly platforms?: readonly PlatformName[];
  readonly config: v.GenericSchema<unknown, C>;
  setup(host: PluginHost, config: C): PluginInstance | Promise<PluginInstance>;
}

/** How the host finds a plugin: its module is loaded only when it is to run. */
export interface PluginSource {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the host checks each plugin's config against its own schema
  load(): Promise<{ readonly plugin: PluginDefinition<any> }>;
}

/** A running plugin. `stop` is idempotent and leaves nothing behind that the plugin itself made. */
export interface PluginInstance {
  start?(): Promise<void>;
  stop?(): Promise<void>;
}

/** State that one plugin owns and all may read. A snapshot is replaced whole, never changed in place. */
export interface Facts {
  /** Owner: mesh. Absent while the agent is down or not enrolled. */
  'network-map': NetworkMap;
  /** Owner: mesh. */
  peers: readonly PeerStatus[];
  /** Owner: mesh. */
  tunnel: {
    readonly interfaceName: IfName;
    readonly kind: 'kernel' | 'userspace';
    readonly listenPort: number;
    readonly mtuBytes: number;
  };
  /** Owner: mesh. Agent-wide life: see `AgentState` of the protocol. */
  life: {
    readonly state: 'not-enrolled' | 'down' | 'starting' | 'up';
    readonly brokerUrl: string | undefined;
    readonly brokerConnected: boolean;
    readonly lastContactAt: number | undefined;
    readonly beaconReachable: boolean;
    /** UDP is blocked, and the relay is reached through a WebSocket. */
    readonly isRelayByWebSocket?: boolean;
    /** Our WireGuard key, once there is one. */
    readonly publicKey: PublicKey | undefined;
  };
  /** Owner: mesh. As last told to the broker, static and mapped ones first. */
  'own-candidates': readonly Candidate[];
  /** Owner: mesh. Pinned at enrolment: checks login tickets. Base64 of 32 bytes. */
  'ticket-key': string;
  /** Owner: relay. Where it would relay for the account; absent where it would not. */
  relay: RelayOffer;
  /** Owner: mesh. What the broker lets our relay do; absent until it was asked. */
  'relay-directory': RelayDirectory | 'refused';
  /** Owner: discovery. */
  hosts: readonly Host[];
  /** Owner: discovery. */
  scopes: readonly Scope[];
  /** Owner: port-mapping. Absent while there is no tunnel. */
  'port-mapping': PortMappingStatus;
  /** Owner: forwarding. */
  forwards: readonly Forward[];
  /** Owner: forwarding. */
  addresses: readonly Address[];
  /** Owner: forwarding. Hosts that the mesh shall ask addresses for; what came of it stands in the network map. */
  'host-wishes': readonly HostWish[];
  /** Owner: forwarding. Changes that are put back unless somebody confirms them. */
  'pending-changes': readonly PendingChange[];
}
/** Each is published by the one plugin that its comment names. */
export type FactName = keyof Facts;

/** Reading is free; publishing belongs to the one plugin that claimed the fact. */
export interface FactStore {
  get<K extends FactName>(name: K): Facts[K] | undefined;
  /** Calls back at once when there is a value, then at every change. */
  watch<K extends FactName>(name: K, listener: (value: Facts[K] | undefined) => void): Disposable;
}

/** A slot in the core where each plugin has one contribution, replaced whole. */
export interface Slot<T> {
  replace(value: T): void;
  clear(): void;
}

/** Who asks: `local` is the unix socket (root), else a web session. */
export interface ApiActor {
  readonly kind: 'local' | 'session';
  readonly name: string;
  readonly role: string;
  /** Where a session's requests come from. */
  readonly address?: string;
}

/** A request to the local API: already authenticated, body not yet read. */
export interface ApiRequest {
  readonly method: string;
  /** `:name` parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly actor: ApiActor;
  /** Reads and parses the body with a byte limit, the usual one unless told; throws `HttpError`. */
  readBody<S extends v.GenericSchema>(schema: S, limitBytes?: number): Promise<v.InferOutput<S>>;
  readonly signal: AbortSignal;
}
/** What a handler returns is sent as JSON with status 200; `undefined` as 204. Throw a coded error with a status. */
export type ApiHandler = (request: ApiRequest) => Promise<unknown>;

/** One method and path of the local API. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';
  /** Under `/api`: `/hosts/:id`. */
  readonly path: string;
  readonly summary: string;
  /** `local` routes exist on the unix socket only. */
  readonly reach?: 'local' | 'everywhere';
  readonly handler: ApiHandler;
}

/** Every route of every plugin, and the event stream. `reach: 'local'` routes exist for a `local` actor only. */
export interface LocalApi {
  /**
   * Answers one request whose URL starts with `/api`, errors included; never rejects. The caller has authenticated
   * the actor, and destroys the response when the actor's session ends.
   */
  serve(request: IncomingMessage, response: ServerResponse, actor: ApiActor): Promise<void>;
}

/** Trouble a person can act on. `raise` with the same code replaces. Cleared when the plugin stops. */
export interface Health {
  raise(warning: Omit<HealthWarning, 'source' | 'sinceMs'>): void;
  clear(code: string): void;
}

/** Events of the stream with what each carries. */
export type EdgeEventMap = { [K in EdgeEventName]: v.InferOutput<(typeof EDGE_EVENTS)[K]> };

/** What a plugin gets. Everything in it ends with the plugin. */
export interface PluginHost {
  readonly log: Logger;
  readonly clock: Clock;
  /** Aborts when the plugin is to stop. */
  readonly signal: AbortSignal;
  readonly ports: Ports;
  readonly platform: {
    readonly name: PlatformName;
    readonly describe: string;
    readonly hostname: string;
    readonly version: string;
    readonly bootId: string;
  };
  readonly health: Health;
  readonly facts: FactStore & {
    /** Claims a fact: a second claim by another plugin is a start-up error. */
    claim<K extends FactName>(name: K): { publish(value: Facts[K]): void; withdraw(): void };
  };
  /** Events that the UI streams (`GET /api/events`). */
  readonly events: Emitter<EdgeEventMap>;
  readonly hooks: {
    /** Part of the one nftables table. */
    readonly firewall: Slot<FirewallWish> & {
      /**
       * Resolves when the wish, as it stands, is in the kernel; rejects with the code when nft refused. After a
       * restart that is when every plugin has started: never await it in `start`.
       */
      settled(): Promise<void>;
    };
    /** Names this plugin wants resolved on this machine. */
    readonly names: Slot<readonly { readonly name: string; readonly address: string }[]>;
    /** Endpoint candidates (port mapping, static ones from config). */
    readonly candidates: Slot<readonly Candidate[]> & {
      all(): readonly Candidate[];
      watch(listener: () => void): Disposable;
    };
    readonly api: { add(route: ApiRoute): void };
  };
  /** The local API itself, for a plugin that carries it over another wire than the unix socket. */
  readonly localApi: LocalApi;
}
