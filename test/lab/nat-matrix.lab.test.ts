/**
 * Every pair of NAT kinds at once: connected from the first packet over the relay, direct wherever the two NATs allow.
 *
 *               broker 203.0.113.10, .11 ---------- internet
 *        ______________________________________________|___________________________________
 *       |              |              |                |               |                   |
 *   public 1, 2   full-cone 1, 2  restricted 1, 2  port-restricted  symmetric 1, 2    carrier (NAT)
 *   192.0.2.x     192.168.1.2     192.168.1.2       1, 2 and        192.168.1.2     |              |
 *                                                  1's neighbour                 customer 1   customer 2
 */
import { systemClock } from '@sidegate/kit';
import { requireLab, startPing } from '@sidegate/lab';
import type { NatKind, PeerStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPathSite, type PathNode, type PathSite } from './paths-site.ts';

const KINDS = ['none', 'full-cone', 'restricted', 'port-restricted', 'symmetric'] as const;
type Kind = (typeof KINDS)[number];

/** Who pings whom, and what must come of it. */
interface Cell {
  readonly from: string;
  readonly to: string;
  readonly goal: 'direct' | 'relayed';
}

/** A symmetric NAT has another port for every destination: only filters that look at no port let it in. */
const goalOf = (one: Kind, other: Kind): Cell['goal'] =>
  [one, other].includes('symmetric') && ![one, other].some((kind) => /none|full-cone|^restricted/.test(kind))
    ? 'relayed'
    : 'direct';

const KIND_CELLS: readonly Cell[] = KINDS.flatMap((one, at) =>
  KINDS.slice(at).map((other) => ({ from: `${one}-1`, to: `${other}-2`, goal: goalOf(one, other) })),
);
// A carrier maps like a cone and filters by address and port.
const CARRIER_CELLS: readonly Cell[] = KINDS.map((kind) => ({
  from: 'customer-1',
  to: `${kind}-1`,
  goal: goalOf('port-restricted', kind),
}));
const NEAR_CELLS: readonly Cell[] = [
  { from: 'customer-1', to: 'customer-2', goal: 'direct' },
  { from: 'neighbour', to: 'port-restricted-1', goal: 'direct' },
];
const CELLS = [...KIND_CELLS, ...CARRIER_CELLS, ...NEAR_CELLS];

const addKind = async (site: PathSite, kind: Kind, at: number): Promise<PathNode[]> => {
  const place = KINDS.indexOf(kind) * 2 + at;
  const isPublic = kind === 'none';
  const lan = isPublic ? `192.0.2.${place * 16}/28` : '192.168.1.0/24';
  const home = await site.lab.addHome(`${kind}-${at}`, { lan, wan: `198.51.100.${10 + place}`, nat: kind });
  const address = isPublic ? `192.0.2.${place * 16 + 2}` : '192.168.1.2';
  const neighbour = kind === 'port-restricted' && at === 1;
  return await Promise.all([
    site.addNode(`${kind}-${at}`, home, address),
    ...(neighbour ? [site.addNode('neighbour', home, '192.168.1.3')] : []),
  ]);
};

const addCustomers = async (site: PathSite): Promise<PathNode[]> => {
  const carrier = await site.lab.addCarrier('carrier', { wan: '198.51.100.40' });
  return await Promise.all(
    [1, 2].map(async (at) => {
      const options = { lan: '192.168.1.0/24', wan: `100.64.0.${at + 1}`, cgnat: carrier };
      const home = await site.lab.addHome(`customer-${at}`, options);
      return await site.addNode(`customer-${at}`, home, `192.168.1.${at + 1}`);
    }),
  );
};

const READ_INTERVAL_MS = 250;
/** A try that fails takes four seconds, on a machine that has better to do. */
const MEET_MAX_MS = 15_000;

const isRelayed = (peer: PeerStatus): boolean => peer.endpoint?.startsWith('203.0.113.') === true;
const hasTried = ({ explain }: PeerStatus): boolean =>
  explain.some(({ from, to }) => from === 'probing' && to === 'relayed');

/** What was seen of a pair: from either end, and by the ping. */
interface Outcome {
  readonly ends: readonly PeerStatus[];
  readonly lost: number;
  readonly firstAnswerSec: number;
}

/** Is the pair where it belongs, seen from both ends? A pair that stays relayed has to have tried. */
const isSettled = ({ goal }: Cell, ends: readonly PeerStatus[]): boolean =>
  goal === 'direct' ? ends.every(({ path }) => path === 'direct') : ends.some(hasTried);

describe.skipIf(await requireLab())('every pair of NAT kinds', () => {
  let site: PathSite;
  const nodes = new Map<string, PathNode>();
  const outcomes = new Map<Cell, Outcome>();
  const nodeOf = (name: string) => nodes.get(name)!;

  const readEnds = async (): Promise<(cell: Cell) => readonly PeerStatus[]> => {
    const lists = new Map<string, readonly PeerStatus[]>();
    await Promise.all([...nodes.values()].map(async (node) => lists.set(node.name, await node.peers())));
    const see = (from: string, to: string) => lists.get(from)?.filter(({ name }) => name === to) ?? [];
    return ({ from, to }) => [...see(from, to), ...see(to, from)];
  };
  /** Pings everybody at once until every pair is where it belongs, or for as long as a failed try lasts. */
  const meet = async () => {
    const known = await readEnds();
    const pings = CELLS.map((cell) => {
      const address = known(cell).find(({ name }) => name === cell.to)!.address4;
      return { cell, ping: startPing(nodeOf(cell.from).machine, address) };
    });
    const deadline = systemClock.monoMs() + MEET_MAX_MS;
    let ends = known;
    while (systemClock.monoMs() < deadline && !CELLS.every((cell) => isSettled(cell, ends(cell))))
      [ends] = await Promise.all([readEnds(), systemClock.sleep(READ_INTERVAL_MS)]);
    for (const { cell, ping } of pings) outcomes.set(cell, { ...(await ping.stop()), ends: ends(cell) });
  };

  beforeAll(async () => {
    site = await createPathSite();
    const homes = KINDS.flatMap((kind) => [1, 2].map((at) => addKind(site, kind, at)));
    const added = await Promise.all([...homes, addCustomers(site)]);
    for (const node of added.flat()) nodes.set(node.name, node);
    await meet();
  }, 90_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  test.each(CELLS)('$from and $to: $goal', (cell) => {
    const { ends, lost, firstAnswerSec } = outcomes.get(cell)!;
    const story = JSON.stringify(ends.map(({ explain }) => explain.map(({ to, why }) => `${to}: ${why}`)));
    expect(ends.length).toBe(2);
    expect(isSettled(cell, ends), story).toBe(true);
    for (const end of ends) expect(isRelayed(end), story).toBe(cell.goal === 'relayed');
    expect(lost, story).toBe(0);
    expect(firstAnswerSec).toBeLessThan(1);
  });

  test('neighbours meet on their LAN, not through the router', async () => {
    const { endpoint } = await nodeOf('neighbour').peer('port-restricted-1');
    expect(endpoint).toMatch(/^192\.168\.1\.2:/);
  });

  test.each<[string, NatKind]>([
    ['none-1', 'none'],
    ['full-cone-1', 'endpoint-independent'],
    ['restricted-1', 'endpoint-independent'],
    ['port-restricted-1', 'endpoint-independent'],
    ['symmetric-1', 'symmetric'],
    ['customer-1', 'endpoint-independent'],
  ])('%s knows that its NAT is %s', async (name, kind) => {
    expect((await nodeOf(name).status()).broker?.nat).toBe(kind);
  });
});
