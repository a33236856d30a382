import { createVirtualClock, type VirtualClock } from '@sidegate/kit';
import type { Forward, Host, Mac, NetworkMap, Scope, WakeReport, WakeState } from '@sidegate/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWake } from '../../forwarding/plans/check-wake.ts';
import { SCOPES } from '../../forwarding/testing/sample-wishes.ts';
import { createMemoryPlatform, type MemoryPlatform } from '../../platform/memory.ts';
import type { Connection } from '../../ports/index.ts';
import { CAMERA, mapWith } from '../forwarding/testing/memory-site.ts';
import { codeFrom, createTestHost, type TestHost } from '../testing/test-host.ts';
import { plugin } from './index.ts';
import { encodeMagicPacket, MAGIC_PORT } from './magic-packet.ts';

const OWN = '192.168.1.2';
const FORWARD = {
  id: 'f_aaaaaaaaaaaaaaaa',
  protocol: 'tcp',
  edgePort: 8001,
  target: { kind: 'host', hostId: CAMERA.id },
  targetPort: 80,
  enabled: true,
  wake: true,
} as unknown as Forward;
const connection = (port: number): Connection =>
  ({
    key: `k${port}`,
    protocol: 'tcp',
    source: '100.64.0.9',
    destination: mapWith().self.address4,
    port,
    idleMs: 0,
    isOver: false,
  }) as Connection;

let platform: MemoryPlatform;
let clock: VirtualClock;
let host: TestHost;
let heard: Uint8Array[];
let ran: string[];

beforeEach(async () => {
  platform = createMemoryPlatform();
  clock = createVirtualClock();
  ran = [];
  heard = [];
  platform.ports.links.readLinks = async () => [{ name: 'eth0', addresses4: [`${OWN}/24`] }] as never;
  const run = async (file: string, args: readonly string[]) => {
    ran.push([file, ...args].join(' '));
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  Object.assign(platform.ports, { run });
  const wire = await platform.ports.sockets.bindUdp({
    family: 4,
    address: '192.168.1.255' as never,
    port: MAGIC_PORT,
  });
  wire.onMessage((bytes, from) => {
    expect(from.address).toBe(OWN);
    heard.push(bytes);
  });
  host = createTestHost(platform, clock);
  host.setFact('hosts', [CAMERA]);
  host.setFact('scopes', SCOPES);
  host.setFact('network-map', mapWith() as NetworkMap);
  host.setFact('forwards', []);
  await host.start(plugin);
});
afterEach(() => host[Symbol.asyncDispose]());

describe('a magic packet', () => {
  it('is six bytes of ones and the address sixteen times', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
        const text = Buffer.from(bytes).toString('hex');
        const packet = encodeMagicPacket(text.match(/../g)!.join(':') as Mac);
        expect(Buffer.from(packet).toString('hex')).toBe(`ffffffffffff${text.repeat(16)}`);
      }),
    );
  });
});

describe('waking', () => {
  it('sends out of the interface of the host, to the network’s broadcast address', async () => {
    expect(await host.call<WakeReport>('POST', `/hosts/${CAMERA.id}/wake`)).toEqual({
      mac: CAMERA.mac,
      interfaceName: 'eth0',
      broadcast: '192.168.1.255',
    });
    await expect.poll(() => heard).toHaveLength(3);
    expect(heard[0]).toEqual(encodeMagicPacket(CAMERA.mac!));
  });

  it('asks by ARP whether the host is awake', async () => {
    const isAwake = async () => (await host.call<WakeState>('GET', `/hosts/${CAMERA.id}/wake`)).isAwake;
    expect(await isAwake()).toBe(false);
    Object.assign(platform.ports, { run: async () => ({ stdout: `192.168.1.20\t${CAMERA.mac}\n` }) });
    expect(await isAwake()).toBe(true);
  });

  it('is refused of hosts that no magic packet reaches', async () => {
    const wake = () => codeFrom(host.call('POST', `/hosts/${CAMERA.id}/wake`));
    host.setFact('scopes', [{ ...SCOPES[0], kind: 'routed' } as Scope]);
    expect(await wake()).toBe('WAKE_NOT_ATTACHED');
    host.setFact('hosts', [{ ...CAMERA, mac: undefined } as Host]);
    expect(await wake()).toBe('WAKE_WITHOUT_MAC');
    host.setFact('hosts', []);
    expect(await wake()).toBe('HOST_NOT_FOUND');
    expect(() => checkWake({ target: FORWARD.target, wake: true }, { hosts: [], scopes: SCOPES })).toThrow(
      expect.objectContaining({ code: 'WAKE_WITHOUT_MAC' }),
    );
    expect(heard).toEqual([]);
  });
});

describe('on the first connection', () => {
  it('wakes the host once in ten seconds, and keeps its address known until it answers', async () => {
    host.setFact('forwards', [FORWARD]);
    platform.fakes.connections.begin(connection(8001));
    platform.fakes.connections.begin({ ...connection(8001), key: 'again' });
    await expect.poll(() => heard).toHaveLength(3);
    await expect
      .poll(() => ran)
      .toEqual([`ip neigh replace to 192.168.1.20 lladdr ${CAMERA.mac} dev eth0 nud reachable`]);
    await clock.advance(12_000);
    await expect.poll(() => heard).toHaveLength(6);
    platform.fakes.connections.begin({ ...connection(8001), key: 'third' });
    await expect.poll(() => heard).toHaveLength(9);
  });

  it('follows connections only while a publication asks for it, and wakes for no other', async () => {
    const { connections } = platform.fakes;
    expect(connections.watchers).toBe(0);
    host.setFact('forwards', [
      FORWARD,
      { ...FORWARD, id: 'f_bbbbbbbbbbbbbbbb', edgePort: 8002, wake: undefined } as never,
    ]);
    expect(connections.watchers).toBe(1);
    connections.begin(connection(8002));
    host.setFact('forwards', [{ ...FORWARD, enabled: false }]);
    expect(connections.watchers).toBe(0);
    await clock.advance(1_000);
    expect(heard).toEqual([]);
  });

  it('leaves a host alone that is there', async () => {
    platform.ports.links.readNeighbours = async () =>
      [{ address: '192.168.1.20', mac: CAMERA.mac, interfaceName: 'eth0', state: 'REACHABLE' }] as never;
    host.setFact('forwards', [FORWARD]);
    platform.fakes.connections.begin(connection(8001));
    await clock.advance(1_000);
    expect([heard, ran]).toEqual([[], []]);
  });
});
