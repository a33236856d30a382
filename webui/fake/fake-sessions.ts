/** Sessions of a fake server: a door that lets in whom the real ones let in, and refuses in the same words. */
import { dispatch, type FakeAnswer, type FakeApi, type FakeRoutes, fakeId } from './fake-api.ts';

const LIFETIME_MS = 3_600_000;

/** What a page gets with its session, beside who it is for. */
interface SessionTerms {
  readonly csrf: string;
  readonly expiresAt: number;
}

/** The sessions of one server. */
export interface FakeSessions<S> {
  get(id: string): S | undefined;
  /** Begins one; `make` adds who it is for. */
  open(make: (terms: SessionTerms) => S): FakeAnswer;
  readonly isLoggedIn: FakeApi['isLoggedIn'];
  /** Answers by `open` to everybody and by `routes` to who has a session and shows its token. */
  guard(open: FakeRoutes, routes: FakeRoutes): FakeApi['handle'];
}

/** Nobody is in yet; who asks without a session is told so by `code`, where the two servers differ. */
export const createFakeSessions = <S>(code: string): FakeSessions<S> => {
  const csrf = `fake-${code.toLowerCase()}`;
  const sessions = new Map<string, S>();
  const own: FakeRoutes = {
    'GET /session': ({ session }) => sessions.get(session),
    'DELETE /session': ({ session }) => {
      sessions.delete(session);
      return { status: 204, session: '' };
    },
  };
  const refuse = (status: number, code: string, message: string, hint: string): FakeAnswer => ({
    status,
    body: { error: { code, message, hint } },
  });
  return {
    get: (id) => sessions.get(id),
    isLoggedIn: (id) => sessions.has(id),
    open: (make) => {
      const session = fakeId('session');
      const body = make({ csrf, expiresAt: Date.now() + LIFETIME_MS });
      sessions.set(session, body);
      return { status: 200, body, session };
    },
    guard: (open, routes) => (request) => {
      if (`${request.method} ${request.path}` in open) return dispatch(open, request);
      if (!sessions.has(request.session)) return refuse(401, code, 'You are not logged in', 'Log in.');
      if (request.method !== 'GET' && request.csrf !== csrf) {
        const message = 'The request does not carry the token of its session';
        return refuse(403, 'CSRF_REJECTED', message, 'Reload the page.');
      }
      return dispatch({ ...routes, ...own }, request);
    },
  };
};
