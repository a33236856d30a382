import { LIMITS } from '@sidegate/protocol';
import { type Ubus, UbusError } from 'node-ubus';
import { AgentError } from '../errors.ts';
import type { Logins } from '../ports/index.ts';
import { readTextFile } from './atomic-files.ts';

/** The session is only for the question; nobody keeps it. */
const SESSION_TIMEOUT_SEC = 10;
/** Whoever may write in this group of rpcd's access rules may use the web UI: see `sidegate.acl.json`. */
const ACCESS_GROUP = 'sidegate';

/** The password field of root in shadow(5): rpcd takes any password where it is empty. */
const readRootField = (shadow: string | undefined): string | undefined =>
  /^root:([^:]*):/m.exec(shadow ?? '')?.[1];

const isDenied = (error: unknown): boolean =>
  error instanceof UbusError && error.code === 'permission-denied';

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
          if (isDenied(error)) return { ubus_rpc_session: undefined };
          throw error;
        });
      if (typeof session !== 'string') return undefined;
      try {
        return (await mayUse(session)) ? { name: 'root' } : undefined;
      } finally {
        await ubus.invoke('session', 'destroy', { ubus_rpc_session: session }).catch(() => undefined);
      }
    },
    async setPassword() {
      throw new AgentError('PASSWORD_UNSUITABLE', 'The web UI takes the root password of this router', {
        hint: 'Set it in LuCI (System, Administration) or with `passwd`.',
      });
    },
  };
};
