import { describe, expect, it, vi } from 'vitest';
import type { Links } from '../../ports/index.ts';

/** A machine with `lo` and an Ethernet interface `eth0` that has 192.168.1.2/24 and a neighbour 192.168.1.9. */
export interface LinksHarness extends AsyncDisposable {
  readonly links: Links;
  /** Gives `eth0` the address 192.168.1.3/24. */
  addAddress(): Promise<void>;
}

const WAIT = { timeout: 5_000, interval: 100 } as const;
const { signal } = new AbortController();

/** Adds the suite of links. */
export const describeLinks = (title: string, open: () => Promise<LinksHarness>): void => {
  describe(`${title} knows its links`, () => {
    it('reads interfaces, routes and neighbours', async () => {
      await using machine = await open();
      const links = await machine.links.readLinks(signal);
      expect(links.find(({ name }) => name === 'lo')).toMatchObject({ isLoopback: true, mac: undefined });
      expect(links.find(({ name }) => name === 'eth0')).toMatchObject({
        isUp: true,
        isLoopback: false,
        mac: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
        addresses4: ['192.168.1.2/24'],
      });
      expect(await machine.links.readRoutes(signal)).toContainEqual({
        destination: '192.168.1.0/24',
        family: 4,
        gateway: undefined,
        interfaceName: 'eth0',
      });
      expect(await machine.links.readNeighbours(signal)).toContainEqual(
        expect.objectContaining({ address: '192.168.1.9', mac: '02:00:00:00:00:09', interfaceName: 'eth0' }),
      );
    });

    it('tells of a new address until it is disposed', async () => {
      await using machine = await open();
      let isTold = false;
      using _watch = machine.links.watch((what) => {
        isTold ||= what === 'address';
      });
      await vi.waitFor(async () => {
        // Again and again, for the watch needs a moment before it hears.
        await machine.addAddress();
        expect(isTold).toBe(true);
      }, WAIT);
      const eth0 = (await machine.links.readLinks(signal)).find(({ name }) => name === 'eth0');
      expect(eth0?.addresses4).toContain('192.168.1.3/24');
    });
  });
};
