/** Contract suites: what every adapter of a role does, fake or real. Each takes an opener and adds tests. */
import { Secret } from '@sidegate/kit';
import type { Endpoint, Ip4, Ip6, PublicKey } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { IfName, Tunnel, TunnelConfig, TunnelPeer } from '../../ports/index.ts';

/** A fresh machine for each test. */
export interface TunnelHarness extends AsyncDisposable {
  readonly tunnel: Tunnel;
  readonly interfaceName: IfName;
  /** Networks that are routed towards the interface. */
  routes(): Promise<readonly string[]>;
}

const KEY = 'CtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=' as PublicKey;
const OTHER_KEY = 'AtEFe0ZZkx3VnSSZm1mlTfjvROp90msbKmKKKJFqzRE=' as PublicKey;
const { signal } = new AbortController();

const configFor = (interfaceName: IfName): TunnelConfig => ({
  interfaceName,
  privateKey: new Secret('oNXubZXk10sBZgtpvGpofFSeZKygE05woyiLJ711KF4='),
  listenPort: 41_820,
  mtuBytes: 1280,
  address4: '100.64.0.1' as Ip4,
  address6: 'fd00::1' as Ip6,
});
const PEER: TunnelPeer = {
  publicKey: KEY,
  endpoint: '127.0.0.1:40001' as Endpoint,
  allowedIps: ['100.64.0.2/32', 'fd00::2/128'],
  keepaliveSec: 25,
};
const BEACON: TunnelPeer = {
  publicKey: OTHER_KEY,
  endpoint: '127.0.0.1:7382' as Endpoint,
  allowedIps: [],
  keepaliveSec: 25,
};

/** Adds the tunnel's suite. */
export const describeTunnel = (title: string, open: () => Promise<TunnelHarness>): void => {
  describe(`${title} is a tunnel`, () => {
    it('is not there before it is made, nor after it is removed', async () => {
      await using machine = await open();
      const { tunnel, interfaceName } = machine;
      expect(await tunnel.read(interfaceName, signal)).toBeUndefined();
      expect(await tunnel.countPackets(interfaceName)).toBeUndefined();
      await tunnel.ensure(configFor(interfaceName), signal);
      expect(await tunnel.read(interfaceName, signal)).toEqual([]);
      expect(await tunnel.countPackets(interfaceName)).toBeGreaterThanOrEqual(0);
      await tunnel.remove(interfaceName);
      await tunnel.remove(interfaceName);
      expect(await tunnel.read(interfaceName, signal)).toBeUndefined();
    });

    it('keeps its peers when it is ensured again', async () => {
      await using machine = await open();
      const { tunnel, interfaceName } = machine;
      const first = await tunnel.ensure(configFor(interfaceName), signal);
      await tunnel.change(interfaceName, [{ kind: 'set', peer: PEER }], signal);
      expect(await tunnel.ensure(configFor(interfaceName), signal)).toEqual(first);
      expect(await tunnel.read(interfaceName, signal)).toMatchObject([PEER]);
    });

    it('sets, moves, pokes, resets and removes peers, in order', async () => {
      await using machine = await open();
      const { tunnel, interfaceName } = machine;
      await tunnel.ensure(configFor(interfaceName), signal);
      const endpoint = '127.0.0.1:40002' as Endpoint;
      await tunnel.change(
        interfaceName,
        [
          { kind: 'set', peer: PEER },
          { kind: 'set', peer: BEACON },
          { kind: 'endpoint', publicKey: KEY, endpoint },
          { kind: 'poke', publicKey: KEY, keepaliveSec: 10 },
        ],
        signal,
      );
      const read = async () =>
        new Map((await tunnel.read(interfaceName, signal))?.map((peer) => [peer.publicKey, peer]));
      expect((await read()).get(KEY)).toMatchObject({ ...PEER, endpoint, keepaliveSec: 10 });
      expect((await read()).get(OTHER_KEY)).toMatchObject(BEACON);
      const { endpoint: _, ...roaming } = PEER;
      await tunnel.change(
        interfaceName,
        [
          { kind: 'remove', publicKey: OTHER_KEY },
          { kind: 'set', peer: { ...roaming, allowedIps: ['100.64.0.3/32'] } },
        ],
        signal,
      );
      expect([...(await read()).values()]).toMatchObject([
        { ...PEER, endpoint, allowedIps: ['100.64.0.3/32'] },
      ]);
      await tunnel.change(interfaceName, [{ kind: 'reset', peer: roaming }], signal);
      expect((await read()).get(KEY)).toMatchObject({ ...roaming, endpoint: undefined });
    });

    it('routes exactly the networks it was told', async () => {
      await using machine = await open();
      const { tunnel, interfaceName } = machine;
      await tunnel.ensure(configFor(interfaceName), signal);
      await tunnel.ensureRoutes(interfaceName, ['100.64.0.2/32', 'fd00::2/128'], signal);
      await tunnel.ensureRoutes(interfaceName, ['100.64.0.3/32', 'fd00::2/128'], signal);
      expect([...(await machine.routes())].sort()).toEqual(['100.64.0.3/32', 'fd00::2/128']);
      await tunnel.ensureRoutes(interfaceName, [], signal);
      expect(await machine.routes()).toEqual([]);
    });

    it('refuses to change an interface that is not there', async () => {
      await using machine = await open();
      const { tunnel, interfaceName } = machine;
      const change = tunnel.change(interfaceName, [{ kind: 'set', peer: PEER }], signal);
      await expect(change).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
    });
  });
};
