/** A node as the running broker knows it: five snapshots, each replaced whole by its one writer. */
import type {
  Candidate,
  CheckInRequest,
  Endpoint,
  HostAddress,
  Ip4,
  NatKind,
  NodeId,
  PathSummary,
  PublicKey,
  RelayOffer,
} from '@sidegate/protocol';
import type { NodeRow } from '../store/node-store.ts';

/** Who it is. Written by enrolment and the portal, always in the database first. */
export type NodeIdentity = Omit<NodeRow, 'lastSeenAt' | 'endpoint' | 'nat' | 'removedAt'>;

/** What it said of itself at its last check-in. */
export interface NodeReport {
  readonly bootId: string | undefined;
  /** The boot before, where the two were seen taking turns: a cloned image. */
  readonly isCloned: boolean;
  readonly listenPort: number | undefined;
  /** Those that were believed. */
  readonly candidates: readonly Candidate[];
  readonly paths: readonly PathSummary[];
  readonly health: readonly string[];
  readonly counts: CheckInRequest['counts'];
  /** It would relay for its account. */
  readonly relay: RelayOffer | undefined;
  /** Relays that answer it, the nearest first. */
  readonly relays: readonly PublicKey[];
}

/** Whether it is there. */
export interface NodePresence {
  readonly isOnline: boolean;
  /** Wall time; `null` before the first sign of life. */
  readonly lastSeenAt: number | null;
  /** Monotonic time of the same moment. */
  readonly seenMonoMs: number;
}

/** Where the beacons saw its WireGuard socket, by beacon: a node greets each over one address family at a time. */
export interface NodeMapping {
  readonly reflexive: readonly (Endpoint | undefined)[];
  readonly nat: NatKind;
  /** The public address of its WebSocket, while UDP is blocked: tells who is in one home, is never an endpoint. */
  readonly site?: Ip4;
}

/** Where the first beacon that sees the node over this address family sees it. */
export const seenOver = (
  family: 4 | 6,
  { reflexive }: Pick<NodeMapping, 'reflexive'>,
): Endpoint | undefined => reflexive.find((endpoint) => endpoint?.startsWith('[') === (family === 6));

/** A node as the broker holds it in memory; `NodesTable` has what outlives a restart. */
export interface Node {
  readonly id: NodeId;
  identity: NodeIdentity;
  report: NodeReport;
  presence: NodePresence;
  mapping: NodeMapping;
  /** Hosts behind it with addresses of their own, in the order of their names. */
  hosts: readonly HostAddress[];
}

/** A device with a stock WireGuard app: it has no token and checks in nowhere; the beacons alone see it. */
export const isStockApp = ({ identity }: Pick<Node, 'identity'>): boolean => identity.profileDigest !== null;

/** Before the first check-in. */
export const NO_REPORT: NodeReport = {
  bootId: undefined,
  isCloned: false,
  listenPort: undefined,
  candidates: [],
  paths: [],
  health: [],
  counts: { hosts: 0, forwards: 0 },
  relay: undefined,
  relays: [],
};

/** A node from its row. The endpoint of the last run stays a candidate until a beacon says better. */
export const createNode = (
  row: NodeRow,
  now: { readonly wallMs: number; readonly monoMs: number },
  hosts: readonly HostAddress[] = [],
): Node => {
  const { lastSeenAt, endpoint, nat, removedAt: _, ...identity } = row;
  return {
    id: row.id,
    identity,
    report: NO_REPORT,
    presence: {
      isOnline: false,
      lastSeenAt,
      seenMonoMs:
        lastSeenAt === null ? Number.NEGATIVE_INFINITY : now.monoMs - Math.max(0, now.wallMs - lastSeenAt),
    },
    mapping: { reflexive: endpoint === null ? [] : [endpoint], nat },
    hosts,
  };
};

/** Does it relay, as it was let? Until it checked in again after a restart of ours, what it said before holds. */
export const isRelaying = ({ identity: { relay }, report }: Node): boolean =>
  relay !== null && (report.bootId === undefined || report.relay?.publicKey === relay.publicKey);
