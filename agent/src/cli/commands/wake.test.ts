import { expect, test } from 'vitest';
import { ANSWERS } from '../testing/answers.ts';
import { openFakeDaemon } from '../testing/fake-daemon.ts';
import { CAMERA } from '../testing/samples.ts';

test('wake gives up when its time is over, and sends again meanwhile', async () => {
  const path = `/hosts/${CAMERA.id}/wake`;
  await using daemon = await openFakeDaemon({ ...ANSWERS, [`GET ${path}`]: { isAwake: false } });
  const { exitCode, err } = await daemon.cli(['wake', 'front door', '--wait', '--timeout', '12s']);
  expect([exitCode, err]).toEqual([1, expect.stringContaining('front door does not answer')]);
  expect(daemon.asked.filter((one) => one === `POST ${path}`)).toHaveLength(3);
});
