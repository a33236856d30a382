/** Proving who one is: a local password or a ticket of the portal. Gives the user or throws a coded error. */
import type { Clock } from '@sidegate/kit';
import type { EdgeLogin, EdgeLoginInfo, EdgeSession } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { FactStore } from '../../plugin-api/index.ts';
import type { Logins, SystemLogin } from '../../ports/index.ts';
import type { LocalTickets } from './local-tickets.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { checkTicket } from './ticket.ts';
import type { UsedTickets } from './used-tickets.ts';

/** What a log-in looks at, and what it leaves a mark in. */
export interface LogInDeps {
  readonly logins: Logins;
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly throttle: LoginThrottle;
  readonly usedTickets: UsedTickets;
  readonly localTickets: LocalTickets;
}
type User = EdgeSession['user'];
/** Who it is, and what the system keeps of it where it does. */
interface LoggedIn {
  readonly user: User;
  readonly login?: SystemLogin | undefined;
}

/** `throttled` tells the caller how long, for the `Retry-After` header. */
export class LoginThrottled extends AgentError {
  readonly retryAfterSec: number;
  constructor(retryAfterSec: number) {
    super('LOGIN_THROTTLED', `Too many wrong passwords: try again in ${retryAfterSec} s`, {
      details: { retryAfterSec },
    });
    this.retryAfterSec = retryAfterSec;
  }
}

const logInByPassword = async (deps: LogInDeps, password: string, source: string): Promise<LoggedIn> => {
  const { possible, hint } = await deps.logins.describe();
  if (!possible) throw new AgentError('NO_PASSWORD_SET', 'There is no password to log in with', { hint });
  const attempt = deps.throttle.begin(source);
  if ('retryAfterSec' in attempt) throw new LoginThrottled(attempt.retryAfterSec);
  const login = await deps.logins.verify(password);
  if (login === undefined) throw new AgentError('LOGIN_WRONG', 'The password is wrong');
  attempt.succeed();
  return { user: { name: login.name, role: 'owner', via: 'password' }, login };
};

/** Not throttled: a signature cannot be guessed, and a guesser must not keep the portal's people out. */
const logInByTicket = async (deps: LogInDeps, ticket: string): Promise<LoggedIn> => {
  const local = deps.localTickets.use(ticket);
  if (typeof local === 'object') return { user: { name: 'root', role: 'owner', via: 'ticket' }, ...local };
  if (local === 'no') throw new AgentError('TICKET_EXPIRED', 'This ticket has expired or has been used');
  const ticketKey = deps.facts.get('ticket-key');
  const self = deps.facts.get('network-map')?.self;
  if (ticketKey === undefined || self === undefined) {
    throw new AgentError('TICKET_INVALID', 'This machine has not joined an account that could sign tickets');
  }
  const verdict = checkTicket(ticket, { ticketKey, audience: self.id, nowMs: deps.clock.wallMs() });
  if (!verdict.ok) throw new AgentError(verdict.code, verdict.why);
  const { ticketId, expiresAt, user } = verdict.claims;
  if (user.role === 'member') {
    throw new AgentError('ROLE_NOT_PERMITTED', 'Members have no access to the web UI of an edge');
  }
  if (!(await deps.usedTickets.use(ticketId, expiresAt))) {
    throw new AgentError('TICKET_USED', 'This ticket has been used');
  }
  return { user: { name: user.name, role: user.role, via: 'ticket' } };
};

/** Who logs in, from `source`. */
export const logIn = (deps: LogInDeps, login: EdgeLogin, source: string): Promise<LoggedIn> =>
  'ticket' in login ? logInByTicket(deps, login.ticket) : logInByPassword(deps, login.password, source);

/** What the login page may show to anyone. */
export const describeLogin = async (
  deps: Pick<LogInDeps, 'logins' | 'facts'>,
  hostname: string,
): Promise<EdgeLoginInfo> => {
  const { possible, hint } = await deps.logins.describe();
  const portalUrl = deps.facts.get('life')?.brokerUrl;
  return {
    name: deps.facts.get('network-map')?.self.name ?? hostname,
    passwordLogin: possible,
    passwordHint: hint,
    ...(portalUrl === undefined ? {} : { portalUrl }),
  };
};
