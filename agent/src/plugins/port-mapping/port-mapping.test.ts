/** The plugin before gateways that nobody should trust, and over hours of a virtual clock. */
import { createVirtualClock, silentLogger, systemClock } from '@sidegate/kit';
import type { Cidr4, Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMemoryPlatform } from '../../platform/memory.ts';
import type { IfName, Sockets } from '../../ports/index.ts';
import { createUdpSockets } from '../../system/udp-sockets.ts';
import { createTestHost } from '../testing/test-host.ts';
import { plugin } from './index.ts';
import { type FakeGatewayScript, startFakeGateway } from './testing/fake-gateway.ts';

const OWN = '127.0.0.1' as Ip4;
const PORT = 40_001;
const TUNNEL = {
  interfaceName: 'sg0' as IfName,
  kind: 'kernel' as const,
  listenPort: PORT,
  mtuBytes: 1280,
};

/** A machine whose default gateway is this. */
const machineAt = (gateway: Ip4, sockets?: Sockets) => {
  const platform = createMemoryPlatform();
  platform.fakes.links.links = [
    {
      name: 'eth0' as IfName,
      mac: undefined,
      isUp: true,
      isLoopback: false,
      addresses4: [`${OWN}/8` as Cidr4],
      addresses6: [],
      linkKind: undefined,
    },
  ];
  platform.fakes.links.routes = [
    { family: 4, destination: 'default', gateway, interfaceName: 'eth0' as IfName },
  ];
  return sockets === undefined ? platform : { ...platform, ports: { ...platform.ports, sockets } };
};

const WAIT_MAX_MS = 20_000;
let nextAddress = 1;
/** Lets the plugin ask that gateway, and waits for what comes of it. */
const ask = async (script: FakeGatewayScript, config: unknown = {}) => {
  const sockets = createUdpSockets(silentLogger);
  // Several test files may run at once: an address nobody else has.
  const address = `127.${process.pid % 250}.77.${nextAddress++}` as Ip4;
  await using gateway = await startFakeGateway(sockets, address, script);
  await using host = createTestHost(machineAt(address, sockets));
  await host.start(plugin, config);
  host.setFact('tunnel', TUNNEL);
  const hasEnded = () => !['asking', undefined].includes(host.fact('port-mapping')?.state);
  for (let waitedMs = 0; !hasEnded() && waitedMs < WAIT_MAX_MS; waitedMs += 20) await systemClock.sleep(20);
  return {
    status: host.fact('port-mapping')!,
    candidates: host.candidates(),
    requests: [...gateway.requests],
    datagrams: [...gateway.datagrams],
  };
};
const only = (...protocols: string[]) => ({ protocols });

const SERVICE = (control: string) =>
  `<root><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>${control}</controlURL></service></root>`;
const done = (body: string) => ({ status: 200, body: `<s:Envelope>${body}</s:Envelope>` });
const failed = (code: number) => ({
  status: 500,
  body: `<s:Envelope><errorCode>${code}</errorCode></s:Envelope>`,
});
const ADDRESS = done('<NewExternalIPAddress>11.1.1.10</NewExternalIPAddress>');

describe.concurrent('a gateway that means no good', () => {
  test.each<[string, FakeGatewayScript]>([
    ['never answers', {}],
    [
      'answers garbage',
      { datagram: () => [Uint8Array.of(0), new Uint8Array(2000).fill(0x80), Uint8Array.of(2, 0x81)] },
    ],
    [
      'answers for somebody else’s nonce',
      { datagram: (question) => [Uint8Array.from([2, 0x81, 0, 0, ...question.slice(4)]).fill(7, 24, 36)] },
    ],
  ])('%s: nothing is mapped, nothing is offered', async (_what, script) => {
    const { status, candidates } = await ask(script, only('pcp', 'nat-pmp'));
    expect(status).toMatchObject({ state: 'unavailable', why: expect.stringContaining('answers none') });
    expect(candidates).toEqual([]);
  });

  const described = (
    http: NonNullable<FakeGatewayScript['http']>,
    location = (page: string) => `${page}/d`,
  ): FakeGatewayScript => ({ location, http });
  test.each<[string, FakeGatewayScript, readonly string[]]>([
    ['has its description elsewhere', { location: () => 'http://198.51.100.7/d' }, []],
    ['has its description at a name', { location: () => 'http://gateway.example/d' }, []],
    [
      'redirects',
      described(() => ({ status: 302, headers: { location: 'http://198.51.100.7/' }, body: '' })),
      ['GET /d'],
    ],
    ['never ends its description', described(() => undefined), ['GET /d']],
    [
      'sends megabytes',
      described(() => ({ status: 200, body: `<root>${'<service>'.repeat(400_000)}` })),
      ['GET /d'],
    ],
    [
      'names a control elsewhere',
      described(() => ({ status: 200, body: SERVICE('http://198.51.100.7/c') })),
      ['GET /d'],
    ],
    [
      'says nonsense to a call',
      described(({ path }) =>
        path === '/d' ? { status: 200, body: SERVICE('/c') } : { status: 200, body: '<<<' },
      ),
      ['GET /d', 'POST /c GetExternalIPAddress'],
    ],
  ])(
    '%s: it is asked no further',
    async (_what, script, expected) => {
      const { status, candidates, requests } = await ask(script, only('upnp'));
      expect(['unavailable', 'double-nat']).toContain(status.state);
      expect(candidates).toEqual([]);
      expect(requests).toEqual(expected);
    },
    15_000,
  );

  test('whatever it answers to the questions, the plugin lives and offers nothing private', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 70 }), async (tail) => {
        const answers = [Uint8Array.from([0, 0x80, ...tail]), Uint8Array.from([2, 0x81, 0, 0, ...tail])];
        const { candidates } = await ask({ datagram: () => answers }, only('pcp'));
        expect(candidates).toEqual([]);
      }),
      { numRuns: 4 },
    );
  }, 30_000);
});

describe.concurrent('a gateway with UPnP', () => {
  const speaking = (onAdd: (body: string) => { status: number; body: string }): FakeGatewayScript => ({
    location: (page) => `${page}/d`,
    http: ({ path, action, body }) => {
      if (path === '/d') return { status: 200, body: SERVICE('/c') };
      if (action === 'GetExternalIPAddress') return ADDRESS;
      return action === 'AddPortMapping' ? onAdd(body) : done('');
    },
  });

  test('whose port is taken is asked for another one, which is what peers are told', async () => {
    const isFirst = (body: string) => body.includes(`<NewExternalPort>${PORT}<`);
    const { status, candidates } = await ask(
      speaking((body) => (isFirst(body) ? failed(718) : done(''))),
      only('upnp'),
    );
    expect(status).toMatchObject({ state: 'mapped', protocol: 'upnp' });
    expect(status.external).toMatch(/^11\.1\.1\.10:\d+$/);
    expect(status.external).not.toBe(`11.1.1.10:${PORT}`);
    expect(candidates).toEqual([{ kind: 'mapped', endpoint: status.external }]);
  });

  test.each([
    [725, /never end/],
    [718, /are taken/],
    [606, /refuse/],
  ])('that answers error %i maps nothing', async (code, why) => {
    const { status, requests } = await ask(
      speaking(() => failed(code)),
      only('upnp'),
    );
    expect(status).toMatchObject({ state: 'unavailable', why: expect.stringMatching(why) });
    expect(requests.filter((line) => line.endsWith('AddPortMapping')).length).toBeLessThanOrEqual(4);
  });

  test('with a private address outside is a second NAT', async () => {
    const inner = done('<NewExternalIPAddress>100.64.0.2</NewExternalIPAddress>');
    const { status, candidates, requests } = await ask(
      {
        ...speaking(() => done('')),
        http: ({ path }) => (path === '/d' ? { status: 200, body: SERVICE('/c') } : inner),
      },
      only('upnp'),
    );
    expect(status).toMatchObject({
      state: 'double-nat',
      why: 'its own address 100.64.0.2 is not a public one',
    });
    expect(candidates).toEqual([]);
    expect(requests).not.toContain('POST /c AddPortMapping');
  });
});

describe('over time', () => {
  const GATEWAY = '192.0.2.1' as Ip4;
  /** NAT-PMP in a few lines, on the memory network: its clock is the test's, less the last restart. */
  const openWorld = async () => {
    const clock = createVirtualClock();
    const platform = machineAt(GATEWAY);
    const { network } = platform.fakes;
    const heard: string[] = [];
    let bootedAtMs = -100_000;
    let isMute = false;
    const epoch = () => Math.floor((clock.monoMs() - bootedAtMs) / 1000);
    const service = await network.sockets(GATEWAY).bindUdp({ port: 5351, family: 4 });
    const address = () => {
      const bytes = Buffer.from('00800000000000000b01010a', 'hex');
      bytes.writeUInt32BE(epoch(), 4);
      return bytes;
    };
    service.onMessage((question, from) => {
      if (question[0] !== 0 || isMute) return;
      if (question[1] === 0) {
        heard.push('look');
        return service.send(address(), from);
      }
      const asked = Buffer.from(question);
      heard.push(asked.readUInt32BE(8) === 0 ? 'unmap' : 'map');
      const bytes = Buffer.alloc(16);
      bytes[1] = 0x81;
      bytes.writeUInt32BE(epoch(), 4);
      asked.copy(bytes, 8, 4, 12);
      service.send(bytes, from);
    });
    const host = createTestHost(platform, clock);
    await host.start(plugin, only('nat-pmp'));
    host.setFact('tunnel', TUNNEL);
    await clock.advance(1000);
    return {
      clock,
      host,
      network,
      address,
      restart: () => {
        bootedAtMs = clock.monoMs();
      },
      mute: () => {
        isMute = true;
      },
      /** What the gateway heard since the last call. */
      heard: () => heard.splice(0),
    };
  };

  test('a mapping is looked after every ten minutes, renewed at half its lease, and given back', async () => {
    const { clock, host, heard } = await openWorld();
    expect(heard()).toEqual(['look', 'map']);
    await clock.advance(3_590_000);
    expect(heard()).toEqual(Array(5).fill('look'));
    await clock.advance(20_000);
    expect(heard()).toEqual(['look', 'map']);
    host.setFact('tunnel', undefined);
    await clock.advance(1000);
    expect(heard()).toEqual(['unmap']);
    expect(host.candidates()).toEqual([]);
    await host[Symbol.asyncDispose]();
  });

  test('a gateway that forgot is asked again at the next look, and at once where it says so', async () => {
    const { clock, host, heard, restart, network, address } = await openWorld();
    heard();
    restart();
    await clock.advance(600_000);
    expect(heard()).toEqual(['look', 'look', 'map']);
    restart();
    const shouting = await network.sockets(GATEWAY).bindUdp({ port: 5350, family: 4 });
    // The memory network knows no multicast: the announcement is sent to the socket that waits for one.
    shouting.send(address(), { address: '0.0.0.0' as Ip4, port: 5350 });
    await clock.advance(1000);
    expect(heard()).toEqual(['look', 'look', 'map']);
    shouting.send(address(), { address: '0.0.0.0' as Ip4, port: 5350 });
    await clock.advance(1000);
    expect(heard()).toEqual([]);
    await host[Symbol.asyncDispose]();
    expect(heard()).toEqual(['unmap']);
  });

  test('a gateway that falls silent loses our belief when the lease ends, not before', async () => {
    const { clock, host, mute } = await openWorld();
    mute();
    await clock.advance(7_190_000);
    expect(host.candidates()).toHaveLength(1);
    await clock.advance(20_000);
    expect(host.candidates()).toEqual([]);
    expect(host.fact('port-mapping')?.state).toBe('unavailable');
    await host[Symbol.asyncDispose]();
  });

  test('turned off, nobody is asked', async () => {
    const clock = createVirtualClock();
    await using host = createTestHost(machineAt(GATEWAY), clock);
    await host.start(plugin, { enabled: false });
    host.setFact('tunnel', TUNNEL);
    await clock.advance(1000);
    expect(host.fact('port-mapping')).toEqual({ state: 'off' });
  });
});
