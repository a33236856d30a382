import { LIMITS } from '@sidegate/protocol';
import { type Ubus, UbusError } from 'node-ubus';
import { AgentError } from '../errors.ts';
import type { Logins } from '../ports/index.ts';
import { readTextFile } from './atomic-files.ts';

/** A question prolongs the session; of an agent that is no more it is soon gone. */
const SESSION_TIMEOUT_SEC = 300;
/** Whoever may write in this group of rpcd's access rules may use the web UI: see `sidegate.acl.json`. */
const ACCESS_GROUP = 'sidegate';

/** The password field of root in shadow(5): rpcd takes any password where it is empty. */
const readRootField = (shadow: string | undefined): string | undefined =>
  /^root:([^:]*):/m.exec(shadow ?? '')?.[1];

const hasCode = (error: unknown, code: UbusError['code']): boolean =>
  error instanceof UbusError && error.code === code;

/** The system's own root password, checked by rpcd as LuCI does. */
export const createRpcdLogins = (ubus: Ubus, shadowFile = '/etc/shadow'): Logins => {
  const hasPassword = async () => {
    const field = readRootField(await readTextFile(shadowFile));
    return field !== undefined && field !== '';
  };
  const mayUse = async (session: string): Promise<boolean> => {
    const call = {
      ubus_rpc_session: session,
      scope: 'access-group',
      object: ACCESS_GROUP,
      function: 'write',
    };
    return (await ubus.invoke('session', 'access', call)).access === true;
  };
  const isValid = async (session: string): Promise<boolean> => {
    try {
      return await mayUse(session);
    } catch (error) {
      // Without rpcd, which may just be restarting, nothing is found either.
      const isGone = hasCode(error, 'not-found') && (await ubus.lookup('session')).length > 0;
      if (isGone) return false;
      throw error;
    }
  };
  const end = async (session: string): Promise<void> =>
    void (await ubus.invoke('session', 'destroy', { ubus_rpc_session: session }).catch(() => undefined));
  return {
    async describe() {
      if (await hasPassword()) return { possible: true, hint: '' };
      return { possible: false, hint: 'This router has no root password. Set one in LuCI or with `passwd`.' };
    },
    async verify(password) {
      // Asked again at every log-in: a router whose password is taken away must not be open from then on.
      if (password === '' || password.length > LIMITS.passwordMaxLength || !(await hasPassword()))
        return undefined;
      const given = { username: 'root', password, timeout: SESSION_TIMEOUT_SEC };
      const { ubus_rpc_session: session } = await ubus
        .invoke('session', 'login', given)
        .catch((error: unknown) => {
          if (hasCode(error, 'permission-denied')) return { ubus_rpc_session: undefined };
          throw error;
        });
      if (typeof session !== 'string') return undefined;
      if (await isValid(session).catch(() => false))
        return { name: 'root', isValid: () => isValid(session), end: () => end(session) };
      await end(session);
      return undefined;
    },
    // LuCI's session is LuCI's to end.
    adopt: (session) => ({ name: 'root', isValid: () => isValid(session) }),
    async setPassword() {
      throw new AgentError('PASSWORD_UNSUITABLE', 'The web UI takes the root password of this router', {
        hint: 'Set it in LuCI (System, Administration) or with `passwd`.',
      });
    },
  };
};
