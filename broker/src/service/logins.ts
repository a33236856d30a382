/** Portal sessions: logging in, looking up who asks, logging out. */
import { type Clock, newToken } from '@sidegate/kit';
import type { LoginRequest, PortalSession, User } from '@sidegate/protocol';
import { BrokerError } from '../errors.ts';
import type { SecretHash } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import type { UserRow } from '../store/user-store.ts';
import type { PortalActor } from './actor.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { isPassword } from './password-hash.ts';
import { hashSecret } from './secrets.ts';

/** A working day. */
export const SESSION_LIFETIME_SEC = 12 * 3600;

/** A session and the person it is of. */
export interface Session {
  readonly tokenHash: SecretHash;
  readonly csrf: string;
  readonly expiresAt: number;
  readonly user: UserRow;
  readonly actor: PortalActor;
}

/** A new session: its token goes into the cookie. */
export interface SessionOpened {
  readonly token: string;
  readonly session: Session;
}

/** A person as the portal shows them. */
export const toUser = ({ id, name, email, role, createdAt, lastLoginAt }: UserRow): User => ({
  id,
  name,
  email,
  role,
  createdAt,
  ...(lastLoginAt === null ? {} : { lastLoginAt }),
});

/** The token of forms: bound to the session, worthless without its cookie, and nothing more to store. */
const csrfOf = (token: string): string => hashSecret(`csrf ${token}`);

/** A person as one who acts. */
export const toActor = ({ id, role, accountId, name, email }: UserRow): PortalActor => ({
  id,
  role,
  accountId,
  name,
  email,
});

const sessionOf = (token: string, expiresAt: number, user: UserRow): Session => ({
  tokenHash: hashSecret(token),
  csrf: csrfOf(token),
  expiresAt,
  user,
  actor: toActor(user),
});

/** Creates the service. */
export const createLogins = (deps: {
  readonly store: Store;
  readonly throttle: LoginThrottle;
  readonly clock: Clock;
  readonly baseDomain: string;
}) => {
  const { store, throttle, clock } = deps;

  const open = async (user: UserRow): Promise<SessionOpened> => {
    const token = newToken('sgs_');
    const now = clock.wallMs();
    const expiresAt = now + SESSION_LIFETIME_SEC * 1000;
    await store.sessions.deleteExpired(now);
    await store.sessions.insert({ tokenHash: hashSecret(token), userId: user.id, createdAt: now, expiresAt });
    await store.users.update(user.id, { lastLoginAt: now });
    return { token, session: sessionOf(token, expiresAt, { ...user, lastLoginAt: now }) };
  };

  return {
    open,

    /** Checks a password; wrong address and wrong password look alike and take equally long. */
    async login({ email, password }: LoginRequest, fromAddress: string): Promise<SessionOpened> {
      throttle.begin(fromAddress, email);
      const user = await store.users.findByEmail(email);
      const isRight = await isPassword(password, user?.passwordHash);
      if (!isRight || user === undefined) {
        throw new BrokerError('LOGIN_REJECTED', 'E-mail address or password is wrong');
      }
      throttle.succeed(fromAddress, email);
      return open(user);
    },

    /** Who holds this token; `undefined` where it is unknown or has expired. */
    async find(token: string): Promise<Session | undefined> {
      const row = await store.sessions.find(hashSecret(token));
      if (row === undefined || row.expiresAt <= clock.wallMs()) return undefined;
      const user = await store.users.find(row.userId);
      return user && sessionOf(token, row.expiresAt, user);
    },

    logout: (session: Session): Promise<void> => store.sessions.delete(session.tokenHash),

    /** What the browser may know of its session. */
    async describe({ user, csrf, expiresAt }: Session): Promise<PortalSession> {
      const account = (await store.accounts.find(user.accountId))!;
      const { id, name, label, preset } = account;
      return {
        user: toUser(user),
        account: { id, name, label, preset, baseDomain: deps.baseDomain },
        csrf,
        expiresAt,
      };
    },
  };
};
