/**
 * Others on the internet mean no good: one heard what anna said and says it again, whole, broken and in her name; one is
 * a member of the account and tells everybody that he is where a stranger is.
 *
 *   broker 203.0.113.10, .11 ---- internet ---- bert .30     mallory .66     victim .77
 *                             ________|_________
 *                            |                  |
 *                     cone NAT, anna     symmetric NAT, liar
 */
import { systemClock } from '@sidegate/kit';
import { type Machine, requireLab, startPing } from '@sidegate/lab';
import { isProbe } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBES_PER_ADDRESS } from '../../agent/src/paths/probe-budget.ts';
import { type Captured, startCapture } from './capture.ts';
import { createPathSite, type MeshNode, type PathSite } from './paths-site.ts';

const BROKER = '203.0.113.10';
const VICTIM = '203.0.113.77';
const ANNA_WAN = '198.51.100.10';
/** Well over the fifteen seconds after which candidates that did not answer are tried anew. */
const MEET_MAX_MS = 30_000;
/** Sends datagrams from an address and port of the machine, a few hundred a second. */
const SENDER = `
  const { from, fromPort, datagrams } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  const socket = require('dgram').createSocket('udp4');
  socket.bind(fromPort, from, async () => {
    for (const { hex, to, toPort } of datagrams) {
      socket.send(Buffer.from(hex, 'hex'), toPort, to);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    socket.close();
  });
`;

/** The same with one bit changed, another one in each. */
const corrupt = (packet: Captured, at: number): Captured => {
  const payload = Buffer.from(packet.payload);
  payload[(at * 7) % payload.length]! ^= 1 << (at % 8);
  return { ...packet, payload };
};
/** `n` ports of the victim that nobody named before. */
const victimPorts = (round: number) =>
  Array.from({ length: 8 }, (_, at) => `${VICTIM}:${20_000 + 10 * round + at}`);

describe.skipIf(await requireLab())('a hostile internet', () => {
  let site: PathSite;
  let anna: MeshNode;
  let bert: MeshNode;
  let mallory: Machine;
  let heard: readonly Captured[];

  const until = (isTrue: () => Promise<boolean>) => anna.machine.waitFor(isTrue, MEET_MAX_MS);
  const isDirect = async () =>
    (await anna.peer('bert')).path === 'direct' && (await bert.peer('anna')).path === 'direct';
  /** Where everybody is, as the others see it. */
  const places = async () => ({
    anna: (await bert.peer('anna')).endpoint,
    bert: (await anna.peer('bert')).endpoint,
    annaAtBroker: (await anna.status()).broker?.reflexive4,
    bertAtBroker: (await bert.status()).broker?.reflexive4,
  });
  const sendAll = async (packets: readonly Captured[], from: string, fromPort: number) => {
    const datagrams = packets.map(({ payload, to, toPort }) => ({
      hex: payload.toString('hex'),
      to,
      toPort,
    }));
    const input = JSON.stringify({ from, fromPort, datagrams });
    await mallory.run(process.execPath, ['-e', SENDER], { input, timeoutMs: 20_000 });
  };

  beforeAll(async () => {
    site = await createPathSite();
    const home = await site.lab.addHome('anna', {
      lan: '192.168.1.0/24',
      wan: ANNA_WAN,
      nat: 'port-restricted',
    });
    const annaMachine = await home.addMachine('anna', { address: '192.168.1.2' });
    const bertMachine = await site.lab.addServer('bert', { addresses: ['203.0.113.30'] });
    mallory = await site.lab.addServer('mallory', { addresses: ['203.0.113.66'] });
    const capture = await startCapture(annaMachine);
    [anna, bert] = await Promise.all([site.join('anna', annaMachine), site.join('bert', bertMachine)]);
    await until(async () => (await anna.peers()).length > 0 && (await bert.peers()).length > 0);
    const ping = startPing(annaMachine, (await anna.peer('bert')).address4);
    await until(isDirect);
    await ping.stop();
    await capture.stop();
    heard = capture
      .packets()
      .filter(({ from, to }) => from === '192.168.1.2' && /^203\.0\.113\.(10|30)$/.test(to));
  }, 90_000);
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
  });

  test('what anna said, said again by another or in her name, moves nobody and is not answered', async () => {
    const kinds = new Set(heard.map(({ payload }) => (isProbe(payload) ? 'probe' : payload[0])));
    // Initiations, responses or transport packets, and probes: the capture has what there is to replay.
    expect([kinds.has(1), kinds.has(4), kinds.has('probe')]).toEqual([true, true, true]);
    const before = await places();
    const capture = await startCapture(mallory, 'in');
    const ping = startPing(anna.machine, (await anna.peer('bert')).address4);
    await sendAll(heard, '203.0.113.66', 0);
    await sendAll(heard.map(corrupt), '203.0.113.66', 0);
    await mallory.configure([`address add ${ANNA_WAN}/32 dev lo`]);
    const port = Number(before.anna?.split(':')[1]);
    await sendAll([...heard, ...heard.map(corrupt)], ANNA_WAN, port);
    await mallory.configure([`address delete ${ANNA_WAN}/32 dev lo`]);
    // The broker hears of it, should anything have moved.
    await systemClock.sleep(1500);
    const { lost, longestSilenceSec } = await ping.stop();
    await capture.stop();
    console.info(`replayed ${4 * heard.length} packets: ${lost} pings lost`);
    expect(capture.packets()).toEqual([]);
    expect(await places()).toEqual(before);
    expect(await isDirect()).toBe(true);
    expect(longestSilenceSec).toBeLessThan(1);
  }, 60_000);

  test('a member who says that he is where a stranger is gets the stranger few probes, and no more', async () => {
    const home = await site.lab.addHome('liar', {
      lan: '192.168.1.0/24',
      wan: '198.51.100.11',
      nat: 'symmetric',
    });
    const machine = await home.addMachine('liar', { address: '192.168.1.2' });
    const victim = await site.lab.addServer('victim', { addresses: [VICTIM] });
    const capture = await startCapture(victim, 'in');
    const startedAtMs = systemClock.monoMs();
    const liar = await site.join('liar', machine, { mesh: { staticCandidates: victimPorts(0) } });
    await until(async () => (await anna.peers()).some(({ name }) => name === 'liar'));
    const ping = startPing(anna.machine, (await anna.peer('liar')).address4);
    const countProbed = () => new Set(capture.packets().map(({ toPort }) => toPort)).size;
    for (let round = 1; round <= 2; round++) {
      await until(async () => countProbed() >= 8 * round);
      const config = JSON.stringify({ mesh: { staticCandidates: victimPorts(round) } });
      await machine.writeFile('/etc/sidegate/config.json', config);
      liar.agent.process.kill('SIGHUP');
    }
    await systemClock.sleep(4000);
    const { longestSilenceSec } = await ping.stop();
    await capture.stop();
    const packets = capture.packets();
    const elapsedSec = (systemClock.monoMs() - startedAtMs) / 1000;
    console.info(
      `${packets.length} probes to the victim in ${elapsedSec.toFixed(0)} s, pings silent ${longestSilenceSec.toFixed(1)} s`,
    );
    expect(packets.length).toBeLessThanOrEqual(
      PROBES_PER_ADDRESS.burst + elapsedSec * PROBES_PER_ADDRESS.perSec,
    );
    expect(packets.every(({ payload }) => isProbe(payload))).toBe(true);
    expect((await anna.peer('liar')).endpoint).toBe(`${BROKER}:7382`);
  }, 90_000);
});
