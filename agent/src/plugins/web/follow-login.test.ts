import { createVirtualClock } from '@sidegate/kit';
import { expect, test } from 'vitest';
import { followLogin } from './follow-login.ts';
import { createSessions } from './sessions.ts';

const openFollowed = () => {
  const clock = createVirtualClock();
  const sessions = createSessions(clock);
  const { token, session } = sessions.open({ name: 'root', role: 'owner', via: 'password' }, '192.168.1.5');
  const system = { answer: async () => true, ended: 0 };
  const login = {
    name: 'root',
    isValid: () => system.answer(),
    end: async () => void system.ended++,
  };
  followLogin(login, session, clock);
  const isIn = () => sessions.find(token, '192.168.1.5') !== undefined;
  return { clock, session, system, isIn };
};

test('a log-in that the system takes back ends the session and its streams within half a minute', async () => {
  const { clock, session, system, isIn } = openFollowed();
  await clock.advance(5 * 60_000);
  expect(isIn()).toBe(true);
  system.answer = async () => false;
  await clock.advance(30_000);
  expect([isIn(), session.signal.aborted, system.ended]).toEqual([false, true, 1]);
});

test('a system that cannot be asked takes nothing back', async () => {
  const { clock, system, isIn } = openFollowed();
  system.answer = () => Promise.reject(new Error('rpcd is restarting'));
  await clock.advance(2 * 60_000);
  system.answer = async () => true;
  await clock.advance(60_000);
  expect(isIn()).toBe(true);
});

test('logging out ends the log-in, and nobody asks any more', async () => {
  const { clock, session, system } = openFollowed();
  let asked = 0;
  system.answer = async () => ++asked > 0;
  session.end();
  await clock.advance(5 * 60_000);
  expect([system.ended, asked]).toEqual([1, 0]);
});
