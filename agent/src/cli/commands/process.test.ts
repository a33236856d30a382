import { expect, test } from 'vitest';
import { openFakeDaemon } from '../testing/fake-daemon.ts';

test('sidegate daemon runs the daemon', async () => {
  await using daemon = await openFakeDaemon();
  expect((await daemon.cli(['daemon'], { runDaemon: async () => 7 })).exitCode).toBe(7);
});

test('sidegate down without a daemon takes back what the dead one left', async () => {
  await using daemon = await openFakeDaemon();
  let undone = 0;
  const gone = { env: { SIDEGATE_RUN_DIR: '/nowhere' }, undoChanges: async () => void undone++ };
  const { exitCode, out } = await daemon.cli(['down'], gone);
  expect([exitCode, undone, out]).toEqual([0, 1, expect.stringContaining('has been taken back')]);
  expect((await daemon.cli(['down', '--forget'], gone)).exitCode).toBe(3);
  expect(undone).toBe(1);
});
