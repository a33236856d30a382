import { describe, expect, test } from 'vitest';
import { NOW_MS, openFakeDaemon, transcript } from '../testing/fake-daemon.ts';
import { NOT_ENROLLED, STATUS } from '../testing/samples.ts';

describe('sidegate up', () => {
  const pending = {
    state: 'approval-needed',
    code: 'BCDF-GHJK',
    verificationUrl: 'https://broker.example/#/approve/BCDF-GHJK',
    expiresAt: NOW_MS + 900_000,
  };
  /** Answers with one status after the other, and the last for ever. */
  const series = (...statuses: readonly unknown[]) => {
    let at = 0;
    return () => statuses[Math.min(at++, statuses.length - 1)];
  };

  test('with a key waits for the tunnel and says who we are', async () => {
    await using daemon = await openFakeDaemon({
      'POST /up': { state: 'starting' },
      'GET /status': series({ ...STATUS, state: 'starting' }, STATUS),
    });
    const result = await daemon.cli(
      ['up', '--broker', 'https://broker.example', '--key-file', '/k', '--name', 'home'],
      {
        readFile: async () => 'sgk_secret\n',
      },
    );
    await expect(transcript(result)).toMatchFileSnapshot('../golden/up.golden.txt');
    expect(daemon.asked[0]).toBe(
      'POST /up {"brokerUrl":"https://broker.example","key":"sgk_secret","name":"home"}',
    );
  });

  test('without a key shows URL and code, and waits for approval', async () => {
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': series(NOT_ENROLLED, NOT_ENROLLED, { ...STATUS, state: 'starting' }, STATUS),
    });
    const result = await daemon.cli(['up', '--broker', 'https://broker.example']);
    await expect(transcript(result)).toMatchFileSnapshot('../golden/up-by-approval.golden.txt');
  });

  test('counts down on a terminal', async () => {
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': series(NOT_ENROLLED, STATUS),
    });
    const { err } = await daemon.cli(['up'], { isTTY: true });
    expect(err).toContain('Waiting for approval, 15:00 left. Ctrl-C leaves the request pending.');
  });

  test('a denial and the end of patience are failures', async () => {
    const denied = {
      ...NOT_ENROLLED,
      health: [
        {
          code: 'enrolment-denied',
          severity: 'error',
          title: 'Denied',
          hint: 'Ask.',
          source: 'mesh',
          sinceMs: 1,
        },
      ],
    };
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': series(NOT_ENROLLED, denied),
    });
    expect(await daemon.cli(['up'])).toMatchObject({ exitCode: 1, err: 'error: Denied\nhint: Ask.\n' });
    await using silent = await openFakeDaemon({ 'POST /up': pending, 'GET /status': NOT_ENROLLED });
    expect((await silent.cli(['up'])).err).toMatch(/^error: Nobody approved this machine in time/);
  });

  test('a tunnel that does not come up is a failure with --wait only', async () => {
    const answers = { 'POST /up': { state: 'starting' }, 'GET /status': { ...STATUS, state: 'starting' } };
    await using daemon = await openFakeDaemon(answers);
    expect(await daemon.cli(['up'])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/still coming up/),
    });
    expect(await daemon.cli(['up', '--wait', '--json'])).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/TUNNEL_NOT_UP/),
    });
  });

  test('Ctrl-C leaves the request pending', async () => {
    const controller = new AbortController();
    await using daemon = await openFakeDaemon({
      'POST /up': pending,
      'GET /status': () => {
        controller.abort();
        return NOT_ENROLLED;
      },
    });
    const { exitCode } = await daemon.cli(['up'], { signal: controller.signal });
    expect(exitCode).toBe(130);
    expect(daemon.asked.filter((each) => !each.startsWith('GET'))).toHaveLength(1);
  });

  test('programs get the code at once', async () => {
    await using daemon = await openFakeDaemon({ 'POST /up': pending });
    expect(JSON.parse((await daemon.cli(['up', '--json'])).out)).toEqual(pending);
  });

  test('a key file that is not there is named', async () => {
    await using daemon = await openFakeDaemon();
    const { err, exitCode } = await daemon.cli(['up', '--key-file', '/none']);
    expect([exitCode, err]).toEqual([1, expect.stringContaining('The file /none cannot be read')]);
  });
});
