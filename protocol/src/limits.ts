/** Every bound that both sides of a wire rely on. Units are in the names. */
export const LIMITS = {
  /** Peers that one node knows: the largest account that we mean to serve, with room. */
  peersPerMap: 25_000,
  /** Largest JSON body a broker or an agent reads. */
  bodySizeBytes: 64 * 1024,
  /** A file of publications: as many as an edge may have, each with a long note. */
  publicationFileSizeBytes: 2 * 1024 * 1024,
  /** One WireGuard datagram in a message of the relay's WebSocket, with room for any MTU of Ethernet. */
  relayMessageSizeBytes: 2048,
  /** Endpoint candidates one node may report; more are refused, so that nobody is made to probe the world. */
  candidatesPerNode: 8,
  /** Addresses of one relay. */
  endpointsPerRelay: 4,
  /** Private relays in one map; with the broker's beacons each is a peer with a keepalive on every node. */
  relaysPerAccount: 3,
  /** Path summaries in one check-in. */
  pathsPerCheckIn: 256,
  nodeNameLength: 63,
  labelLength: 80,
  noteLength: 500,
  passwordMinLength: 10,
  passwordMaxLength: 256,
  tagsPerNode: 16,
  /** Publications on one edge. */
  forwardsPerEdge: 1000,
  /** Hosts of one edge with an address of their own. */
  addressesPerEdge: 200,
  /** Consecutive ports of one publication, and ports of all on one edge: each is an element of the kernel's maps. */
  portsPerForward: 256,
  forwardedPortsPerEdge: 4096,
  /** Nodes, tags and users, each, that one publication is for. */
  sourcesPerForward: 64,
  /** Machines in a profile for a stock WireGuard app; such apps hold every peer at hand. */
  peersPerProfile: 256,
  /** Templates that were added to one edge, and hosts that one of them publishes by itself. */
  templatesPerEdge: 32,
  autoHostsPerTemplate: 64,
  scopesPerEdge: 32,
  /** TCP ports that a person may choose for one scope. */
  portsPerScope: 64,
  /** How often a scope may be scanned by itself. */
  scanEveryMinSec: 600,
  scanEveryMaxSec: 7 * 86_400,
  /** Events in the history of one host. */
  eventsPerHost: 16,
  /** Hosts one edge keeps: a hostile LAN may invent as many as it likes. */
  hostsPerEdge: 5000,
  servicesPerHost: 64,
  /** Largest network one scan covers: a /16. */
  scanPrefixMinBits: 16,
} as const;

/** Default lifetimes and intervals, in the units of their names. */
export const DEFAULTS = {
  checkInSec: 60,
  /** A WireGuard interface's MTU that no path has to fragment (facts: 1280 is IPv6's minimum). */
  tunnelMtuBytes: 1280,
  /** Keepalive towards the beacon: under the shortest common NAT timeout of 30 s. */
  beaconKeepaliveSec: 25,
  accountPrefix4: '100.64.0.0/10',
  /** The suggested second choice where 100.64.0.0/10 collides with a carrier's NAT. */
  alternativePrefix4: '198.18.0.0/15',
  baseDomain: 'sidegate.internal',
  /** UDP port on mesh addresses where nodes answer each other's heartbeats. */
  heartbeatPort: 7381,
  /** TCP port on mesh addresses where an edge's web UI listens; port 80 on the mesh address leads here. */
  webPort: 7380,
  /** TCP and UDP ports of a broker. */
  brokerHttpPort: 8080,
  brokerUdpPort: 7382,
  /** UDP port of a node that relays for its account. */
  relayUdpPort: 7383,
  ticketLifetimeSec: 60,
  enrolmentRequestSec: 900,
} as const;
