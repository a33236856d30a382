import { describe, expect, it } from 'vitest';
import type { Sysctl } from '../../ports/index.ts';

/** A machine that does not forward, for each test. */
export interface SysctlHarness extends AsyncDisposable {
  readonly sysctl: Sysctl;
  isForwarding(): Promise<boolean>;
  /** What an operator does by hand. */
  setForwarding(isOn: boolean): Promise<void>;
}

const { signal } = new AbortController();

/** Adds the suite of kernel settings. */
export const describeSysctl = (title: string, open: () => Promise<SysctlHarness>): void => {
  describe(`${title} has kernel settings`, () => {
    it('forwards on request and puts back what was', async () => {
      await using machine = await open();
      await machine.sysctl.restore();
      await machine.sysctl.ensureForwarding(signal);
      await machine.sysctl.ensureForwarding(signal);
      expect(await machine.isForwarding()).toBe(true);
      await machine.sysctl.restore();
      await machine.sysctl.restore();
      expect(await machine.isForwarding()).toBe(false);
    });

    it('leaves forwarding on where it was on', async () => {
      await using machine = await open();
      await machine.setForwarding(true);
      await machine.sysctl.ensureForwarding(signal);
      await machine.sysctl.restore();
      expect(await machine.isForwarding()).toBe(true);
    });
  });
};
