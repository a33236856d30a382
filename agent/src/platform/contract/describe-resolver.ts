import type { Ip } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import type { Resolver } from '../../ports/index.ts';

/** A fresh machine for each test. */
export interface ResolverHarness extends AsyncDisposable {
  readonly resolver: Resolver;
  /** Address of a name, as the machine's programs see it. */
  lookUp(name: string): Promise<string | undefined>;
}

const { signal } = new AbortController();
const HOME = { name: 'home.acme.sidegate.internal', address: '100.64.0.2' as Ip };
const CAMERA = { name: 'camera.home.acme.sidegate.internal', address: '100.64.0.9' as Ip };

/** Adds the resolver's suite. */
export const describeResolver = (title: string, open: () => Promise<ResolverHarness>): void => {
  describe(`${title} is a resolver`, () => {
    it('knows exactly the names of the last time', async () => {
      await using machine = await open();
      await machine.resolver.apply([HOME], signal);
      expect(await machine.lookUp(HOME.name)).toBe(HOME.address);
      await machine.resolver.apply([CAMERA], signal);
      expect(await machine.lookUp(HOME.name)).toBeUndefined();
      expect(await machine.lookUp(CAMERA.name)).toBe(CAMERA.address);
    });

    it('forgets everything when it is removed, twice as well', async () => {
      await using machine = await open();
      await machine.resolver.apply([HOME], signal);
      await machine.resolver.remove();
      await machine.resolver.remove();
      expect(await machine.lookUp(HOME.name)).toBeUndefined();
    });
  });
};
