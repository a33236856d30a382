import { expect, test } from 'vitest';
import { createMemoryRouter, isCurrent, matchRoute, type Route } from './router.ts';

const route = (path: string): Route => ({ path, tag: 'sg-x', title: path, load: async () => {} });
const routes = [route('/'), route('/hosts'), route('/hosts/:id')];

test('a path finds its route and its decoded parameters', () => {
  expect(matchRoute(routes, '/')?.route.path).toBe('/');
  expect(matchRoute(routes, '/hosts/')?.route.path).toBe('/hosts');
  expect(matchRoute(routes, '/hosts/h%20x')?.params).toEqual({ id: 'h x' });
  expect(matchRoute(routes, '/hosts/%E0%A4%A')?.params).toEqual({ id: '%E0%A4%A' });
  expect(matchRoute(routes, '/hosts/a/b')).toBeUndefined();
});

test('a menu item is current on its page and below, the start page only on itself', () => {
  expect(isCurrent({ path: '/hosts', label: '' }, '/hosts/h_1')).toBe(true);
  expect(isCurrent({ path: '/hosts', label: '' }, '/hostsx')).toBe(false);
  expect(isCurrent({ path: '/', label: '' }, '/hosts')).toBe(false);
  expect(isCurrent({ path: '/add', label: '', covers: ['/approve'] }, '/approve')).toBe(true);
});

test('navigation changes path and query and is heard until disposed', () => {
  const router = createMemoryRouter('/hosts?text=a');
  let heard = 0;
  const watching = router.watch(() => {
    heard += 1;
  });
  expect([router.path, router.query.get('text')]).toEqual(['/hosts', 'a']);
  router.navigate('/forwards?host=h_1');
  expect([router.path, router.query.get('host'), heard]).toEqual(['/forwards', 'h_1', 1]);
  watching[Symbol.dispose]();
  router.navigate('/');
  expect(heard).toBe(1);
});
