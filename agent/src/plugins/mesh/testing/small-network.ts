/** A network as a broker tells a machine of it, in plain text: for brokers that a test makes by itself. */

const PREFIX6 = 'fd00:1:2::';

/** `n_0000000000000002` and the like. */
export const idAt = (prefix: string, at: number): string => `${prefix}_${at.toString(16).padStart(16, '0')}`;

/** The addresses of the machine with this number; ourselves are number 1. */
export const addressesAt = (at: number) => ({
  address4: `100.${64 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`,
  address6: `${PREFIX6}${at.toString(16)}`,
});

/** An edge that is there; number 2 is the first. */
export const makePeer = (at: number, publicKey: string) => ({
  id: idAt('n', at),
  name: `peer-${at}`,
  role: 'edge',
  publicKey,
  ...addressesAt(at),
  online: true,
  nat: 'unknown',
  candidates: [] as readonly object[],
  inbound: { kind: 'all' },
  outbound: { kind: 'all' },
  tags: [],
});

/** The map of a client of this name. */
export const makeMap = <P>(name: string, beaconKey: string, peers: readonly P[]) => ({
  revision: 1,
  self: { id: idAt('n', 1), role: 'client', nat: 'none', tags: [], name, ...addressesAt(1) },
  account: {
    id: idAt('a', 1),
    label: 'acme',
    name: 'Acme',
    baseDomain: 'sidegate.internal',
    prefix4: '100.64.0.0/10',
    prefix6: `${PREFIX6}/48`,
  },
  beacons: [{ publicKey: beaconKey, endpoints: ['203.0.113.10:7382'] }],
  checkInSec: 60,
  peers,
});

/** What that client got when it was let in. */
export const makeEnrolment = ({ self, account }: ReturnType<typeof makeMap>) => ({
  nodeId: self.id,
  token: `sgn_${'a'.repeat(43)}`,
  name: self.name,
  address4: self.address4,
  address6: self.address6,
  accountId: account.id,
  accountName: account.name,
  ticketKey: `${'A'.repeat(43)}=`,
});
