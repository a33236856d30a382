import { createVirtualClock } from '@sidegate/kit';
import { expect, test } from 'vitest';
import { createLoginThrottle } from './login-throttle.ts';

const setUp = () => {
  const clock = createVirtualClock();
  const throttle = createLoginThrottle(clock);
  const fails = (address: string, name: string): number => {
    try {
      throttle.begin(address, name);
      return 0;
    } catch (error) {
      expect(error).toMatchObject({ code: 'LOGIN_THROTTLED' });
      return (error as { details: { retryAfterSec: number } }).details.retryAfterSec;
    }
  };
  return { clock, throttle, fails };
};

test('five tries are free, then each waits twice as long', async () => {
  const { clock, fails } = setUp();
  for (let at = 0; at < 5; at++) expect(fails('192.0.2.1', 'a@example.com')).toBe(0);
  expect(fails('192.0.2.1', 'a@example.com')).toBe(5);
  await clock.advance(5_000);
  expect(fails('192.0.2.1', 'a@example.com')).toBe(0);
  expect(fails('192.0.2.1', 'a@example.com')).toBe(10);
});

test('others at other addresses are not held up', () => {
  const { fails } = setUp();
  for (let at = 0; at < 6; at++) fails('192.0.2.1', 'a@example.com');
  expect(fails('192.0.2.2', 'a@example.com')).toBe(0);
});

test('one address cannot go through many names', () => {
  const { fails } = setUp();
  for (let at = 0; at < 20; at++) expect(fails('192.0.2.1', `${at}@example.com`)).toBe(0);
  expect(fails('192.0.2.1', 'next@example.com')).toBeGreaterThan(0);
});

test('the right password clears what was held against it, and so does time', async () => {
  const { clock, throttle, fails } = setUp();
  for (let at = 0; at < 5; at++) fails('192.0.2.1', 'a@example.com');
  throttle.succeed('192.0.2.1', 'a@example.com');
  expect(fails('192.0.2.1', 'a@example.com')).toBe(0);
  for (let at = 0; at < 10; at++) fails('192.0.2.1', 'a@example.com');
  await clock.advance(30 * 60_000);
  expect(fails('192.0.2.1', 'a@example.com')).toBe(0);
});
