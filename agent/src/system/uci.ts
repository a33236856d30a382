import { type Ubus, UbusError } from 'node-ubus';

/** One package of UCI, through rpcd's `uci` object. */
export interface UciPackage {
  /** Its sections by name; `undefined` where there is no such file. Rejects with a UbusError where it is broken. */
  read(): Promise<unknown>;
  /** Takes one option out and writes that down. */
  removeOption(section: string, option: string): Promise<void>;
}

const isNotFound = (error: unknown): boolean => error instanceof UbusError && error.code === 'not-found';

/** `/etc/config/<config>`. */
export const createUciPackage = (ubus: Ubus, config: string): UciPackage => ({
  async read() {
    try {
      return (await ubus.invoke('uci', 'get', { config })).values ?? {};
    } catch (error) {
      // The same code says that there is no file and that there is nobody to ask.
      if (isNotFound(error) && (await ubus.lookup('uci')).length > 0) return undefined;
      throw error;
    }
  },
  async removeOption(section, option) {
    await ubus.invoke('uci', 'delete', { config, section, option });
    await ubus.invoke('uci', 'commit', { config });
  },
});
