import { expect, test } from 'vitest';
import { createFakeClient } from '../../fake/fake-client.ts';
import { createFakeEdge, EDGE_PASSWORD, GOOD_TICKET } from '../../fake/fake-edge.ts';
import { createApiClient } from '../../shared/data/api-client.ts';
import { fetchSession, logIn, logOut, takeTicket } from './session.ts';

const viewAt = (path: string) => {
  const written: string[] = [];
  const url = new URL(path, 'http://edge.test');
  return {
    written,
    view: {
      location: url as unknown as Location,
      history: {
        replaceState: (_: unknown, __: string, to: string) => written.push(to),
      } as unknown as History,
    },
  };
};

test('the ticket leaves the address bar at once', () => {
  const { view, written } = viewAt('/hosts?x=1#ticket=abc.def-_');
  expect(takeTicket(view)).toBe('abc.def-_');
  expect(written).toEqual(['/hosts?x=1']);
});

test('another fragment is left alone', () => {
  const { view, written } = viewAt('/#section');
  expect(takeTicket(view)).toBeUndefined();
  expect(written).toEqual([]);
});

test('logging in gives the client its CSRF token, logging out takes it', async () => {
  const api = createApiClient({
    base: '/api',
    serverName: 'x',
    fetch: createFakeClient(createFakeEdge()).fetch,
  });
  expect(await fetchSession(api)).toBeUndefined();
  await expect(logIn(api, { password: 'wrong' })).rejects.toMatchObject({ code: 'LOGIN_WRONG' });
  expect((await logIn(api, { password: EDGE_PASSWORD })).user.via).toBe('password');
  expect(api.csrf).not.toBe('');
  expect((await fetchSession(api))?.user.name).toBe('root');
  await logOut(api);
  expect(api.csrf).toBe('');
  expect(await fetchSession(api)).toBeUndefined();
  expect((await logIn(api, { ticket: `${GOOD_TICKET}-1` })).user.via).toBe('ticket');
});
