import { describe, expect, test } from 'vitest';
import { ANSWERS } from '../testing/answers.ts';
import { openFakeDaemon } from '../testing/fake-daemon.ts';

describe('sidegate login set-password', () => {
  test('asks twice on a terminal', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const typed = ['long enough pw', 'long enough pw', 'long enough pw', 'something else'];
    const io = { isTTY: true, readSecret: async () => typed.shift() ?? '' };
    expect((await daemon.cli(['login', 'set-password'], io)).exitCode).toBe(0);
    expect(daemon.asked).toEqual(['PUT /login/password {"password":"long enough pw"}']);
    expect((await daemon.cli(['login', 'set-password'], io)).err).toContain('The two passwords differ');
  });

  test('a short one is not even sent', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { exitCode, err } = await daemon.cli(['login', 'set-password'], {
      readSecret: async () => 'short',
    });
    expect([exitCode, err]).toEqual([1, expect.stringContaining('at least 10 characters')]);
    expect(daemon.asked).toEqual([]);
  });
});
