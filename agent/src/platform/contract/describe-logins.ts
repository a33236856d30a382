import { Secret } from '@sidegate/kit';
import { describe, expect, it } from 'vitest';
import type { Logins } from '../../ports/index.ts';

/** A machine without a password for each test. */
export interface LoginsHarness extends AsyncDisposable {
  readonly logins: Logins;
  /** Who a password lets in; `local` where the agent has a password of its own. */
  readonly userName?: string;
  /** Sets the system's password, where the system has one. */
  readonly setPassword?: (password: string) => Promise<void>;
}

const setPassword = ({ logins, setPassword: setSystems }: LoginsHarness, password: string): Promise<void> =>
  setSystems === undefined ? logins.setPassword(new Secret(password)) : setSystems(password);

/** Adds the suite of log-ins. */
export const describeLogins = (title: string, open: () => Promise<LoginsHarness>): void => {
  describe(`${title} checks log-ins`, () => {
    it('lets nobody in, and says why, while there is no password', async () => {
      await using machine = await open();
      const { possible, hint } = await machine.logins.describe();
      expect(possible).toBe(false);
      expect(hint).not.toBe('');
      expect(await machine.logins.verify('')).toBeUndefined();
      expect(await machine.logins.verify('correct horse')).toBeUndefined();
    });

    it('lets in whoever has the password of now', async () => {
      await using machine = await open();
      await setPassword(machine, 'correct horse');
      await setPassword(machine, 'battery staple');
      expect(await machine.logins.describe()).toMatchObject({ possible: true });
      expect(await machine.logins.verify('battery staple')).toMatchObject({
        name: machine.userName ?? 'local',
      });
      expect(await machine.logins.verify('correct horse')).toBeUndefined();
      expect(await machine.logins.verify('battery staple ')).toBeUndefined();
    });

    it('refuses a password that is too short or too long and keeps the old one', async () => {
      await using machine = await open();
      await setPassword(machine, 'correct horse');
      for (const password of ['short', 'x'.repeat(257)]) {
        const setting = machine.logins.setPassword(new Secret(password));
        await expect(setting).rejects.toMatchObject({ code: 'PASSWORD_UNSUITABLE' });
      }
      expect(await machine.logins.verify('correct horse')).toMatchObject({
        name: machine.userName ?? 'local',
      });
    });
  });
};
