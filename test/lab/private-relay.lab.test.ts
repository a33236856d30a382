/**
 * Private relays: two nodes behind symmetric NATs never meet directly, and use the relay of their account that both
 * reach. It dies, and they go on through the next one; it is taken from them, and they go back to the broker.
 *
 *            broker 203.0.113.10, .11 ---------- internet ---------- stranger 203.0.113.50
 *        ______________________________________________|______________________
 *       |                       |                     |                       |
 *   symmetric NAT          symmetric NAT         hub-1 192.0.2.2       hub-2 192.0.2.18
 *   anna 192.168.1.2       bert 192.168.1.2      relay on UDP 7383     relay on UDP 7383
 */
import { requireLab, startPing } from '@sidegate/lab';
import { decodeProbe, encodeEcho, type PortalNode, type RelayStatus } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCapture } from './capture.ts';
import { createPathSite, type PathNode, type PathSite } from './paths-site.ts';

const HUBS = [
  { name: 'hub-1', lan: '192.0.2.0/28', address: '192.0.2.2' },
  { name: 'hub-2', lan: '192.0.2.16/28', address: '192.0.2.18' },
] as const;
/** Waiting for the first answer of a relay, for a check-in, and for a machine with other things to do. */
const PATIENCE_MS = 20_000;
const RELAY_PORT = 7383;
const ANNA_WAN = '198.51.100.10';
/** Sends one datagram to a relay. */
const KNOCK = `
  const [from, fromPort, hex, to] = process.argv.slice(1);
  const socket = require('node:dgram').createSocket('udp4');
  socket.bind(Number(fromPort), from, () =>
    socket.send(Buffer.from(hex, 'hex'), ${RELAY_PORT}, to, () => socket.close()));`;
/** From the relay's death to packets through the next one. */
const OUTAGE_MAX_SEC = 6;

describe.skipIf(await requireLab())('private relays', () => {
  let site: PathSite;
  let anna: PathNode;
  let bert: PathNode;
  let hubs: readonly PathNode[];
  let atBert: string;

  const relayOf = async (from: PathNode, to: PathNode) => (await from.peer(to.name)).endpoint ?? '';
  const untilRelayedBy = async (address: string): Promise<void> => {
    const isThere = async () =>
      (await relayOf(anna, bert)).startsWith(address) && (await relayOf(bert, anna)).startsWith(address);
    await anna.machine.waitFor(isThere, PATIENCE_MS);
  };
  const untilLeft = (address: string): Promise<void> =>
    anna.machine.waitFor(async () => {
      const [one, other] = await Promise.all([relayOf(anna, bert), relayOf(bert, anna)]);
      return one === other && !one.startsWith(`${address}:`);
    }, PATIENCE_MS);
  const statusOf = async (hub: PathNode) =>
    JSON.parse(await hub.sidegate('relay', 'status', '--json')) as RelayStatus;
  const setApproved = async (hub: PathNode, isRelay: boolean): Promise<void> => {
    const nodes = await site.askPortal<PortalNode[]>('GET', '/nodes');
    const { id } = nodes.find(({ name }) => name === hub.name)!;
    await site.askPortal('PATCH', `/nodes/${id}`, { isRelay });
  };
  /** Approves, as an owner does once the broker has heard of the offer. */
  const addRelay = async (hub: PathNode): Promise<void> => {
    await hub.machine.waitFor(async () => {
      const nodes = await site.askPortal<PortalNode[]>('GET', '/nodes');
      return nodes.some(({ name, relay }) => name === hub.name && relay?.isApproved === false);
    }, PATIENCE_MS);
    await setApproved(hub, true);
  };

  beforeAll(async () => {
    site = await createPathSite();
    const homes = await Promise.all([
      ...['anna', 'bert'].map((name, at) =>
        site.lab.addHome(name, { lan: '192.168.1.0/24', wan: `198.51.100.${10 + at}`, nat: 'symmetric' }),
      ),
      ...HUBS.map(({ name, lan }, at) =>
        site.lab.addHome(name, { lan, wan: `198.51.100.${20 + at}`, nat: 'none' }),
      ),
    ]);
    const places = [
      ['anna', '192.168.1.2'],
      ['bert', '192.168.1.2'],
      ...HUBS.map(({ name, address }) => [name, address] as const),
    ] as const;
    const nodes = await Promise.all(
      places.map(([name, address], at) => site.addNode(name, homes[at]!, address)),
    );
    [anna, bert] = nodes as [PathNode, PathNode];
    hubs = nodes.slice(2);
    atBert = (await anna.peer('bert')).address4;
    await untilRelayedBy('203.0.113.');
  }, 120_000);
  afterAll(() => site?.[Symbol.asyncDispose]());

  test('a relay that nobody let is used by nobody', async () => {
    const offers = await Promise.all(hubs.map((hub) => hub.sidegate('relay', 'on', '--json')));
    expect(offers.map((offer) => JSON.parse(offer) as RelayStatus)).toMatchObject(
      HUBS.map(({ address }) => ({ state: 'waiting', endpoints: [`${address}:7383`], nodes: 0 })),
    );
  });

  test('an approved one carries the pair, and nobody it does not know', async () => {
    await addRelay(hubs[0]!);
    await untilRelayedBy(`${HUBS[0].address}:${RELAY_PORT}`);
    const hub = hubs[0]!.machine;
    const capture = await startCapture(hub);
    const ping = startPing(anna.machine, atBert);
    await anna.machine.waitFor(async () => (await statusOf(hubs[0]!)).relayedPackets > 20, PATIENCE_MS);
    const { lost } = await ping.stop();
    if (lost > 2) console.log((await anna.peer('bert')).explain, (await bert.peer('anna')).explain);
    expect(lost).toBeLessThanOrEqual(2);
    expect(await statusOf(hubs[0]!)).toMatchObject({ state: 'relaying', nodes: 4 });

    const stranger = await site.lab.addServer('stranger', { addresses: ['203.0.113.50'] });
    await stranger.configure([`address add ${ANNA_WAN}/32 dev lo`]);
    const knock = async (from: string, fromPort: number, nonce: string) => {
      const hex = Buffer.from(encodeEcho(nonce)).toString('hex');
      await stranger.run(process.execPath, ['-e', KNOCK, from, String(fromPort), hex, HUBS[0].address]);
    };
    const annaSaid = capture.packets().find(({ from, toPort }) => from === ANNA_WAN && toPort === RELAY_PORT);
    await knock('203.0.113.50', 0, '0011223344556677');
    // The same in the name of somebody it knows: the relay is awake, and has come to the end of what it was sent.
    await knock(ANNA_WAN, annaSaid!.fromPort, '8899aabbccddeeff');
    const echoes = () =>
      capture.packets().flatMap(({ from, to, payload }) => {
        const probe = decodeProbe(payload);
        return probe?.nonce === '0011223344556677' || probe?.nonce === '8899aabbccddeeff'
          ? [`${from} ${probe.type} ${to}`]
          : [];
      });
    await hub.waitFor(() => echoes().some((line) => line.endsWith(`echoed ${ANNA_WAN}`)), PATIENCE_MS);
    await capture.stop();
    expect(echoes()).toEqual([
      `203.0.113.50 echo ${HUBS[0].address}`,
      `${ANNA_WAN} echo ${HUBS[0].address}`,
      `${HUBS[0].address} echoed ${ANNA_WAN}`,
    ]);
  }, 60_000);

  test('one more changes nothing for who talks, and when the one in use dies it goes on', async () => {
    const before = startPing(anna.machine, atBert);
    await addRelay(hubs[1]!);
    await hubs[1]!.machine.waitFor(async () => (await statusOf(hubs[1]!)).nodesHere >= 2, PATIENCE_MS);
    expect((await before.stop()).lost).toBeLessThanOrEqual(3);
    const isByHub = async () => (await relayOf(anna, bert)).startsWith('192.0.2.');
    await anna.machine.waitFor(isByHub, PATIENCE_MS);
    const ping = startPing(anna.machine, atBert);
    const carrier = (await relayOf(anna, bert)).startsWith('192.0.2.2:') ? 0 : 1;
    await anna.machine.waitFor(async () => (await statusOf(hubs[carrier]!)).relayedPackets > 20, PATIENCE_MS);
    await hubs[carrier]!.agent.kill();
    // The other one, or the broker where a busy machine has it clearly nearer.
    await untilLeft(HUBS[carrier]!.address);
    await anna.machine.run('ping', ['-c3', '-i0.2', '-W9', atBert]);
    const { longestSilenceSec } = await ping.stop();
    console.log(`relay killed: ${longestSilenceSec.toFixed(2)} s without an answer`);
    expect(longestSilenceSec).toBeLessThan(OUTAGE_MAX_SEC);
  }, 90_000);

  test('it is taken back: the pair is with the broker again', async () => {
    for (const hub of hubs) await setApproved(hub, false);
    await untilRelayedBy('203.0.113.');
    const ping = startPing(anna.machine, atBert);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await ping.stop()).firstAnswerSec).toBeLessThan(2);
  }, 60_000);
});
