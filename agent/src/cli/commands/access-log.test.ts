import type { AccessEntry } from '@sidegate/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { parseSince } from '../parse-expiry.ts';
import { NOW_MS, openFakeDaemon } from '../testing/fake-daemon.ts';

const { TZ } = process.env;
process.env.TZ = 'UTC';
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

const ENTRY = {
  kind: 'forward',
  publicationId: 'f_forwardforwardfo',
  name: 'http://box.acme.sidegate.internal:8001/',
  label: 'front door',
  node: 'laptop',
  address: '100.64.0.2',
  services: ['tcp/8001'],
  firstAt: NOW_MS - 7_200_000,
  lastAt: NOW_MS - 7_000_000,
  isOpen: false,
  connections: 48,
  bytes: 1_234_567,
} as AccessEntry;
const ENTRIES = [
  { ...ENTRY, firstAt: NOW_MS - 90_000, node: '100.64.0.3', label: '', isOpen: true, bytes: undefined },
  ENTRY,
  {
    ...ENTRY,
    kind: 'address',
    name: 'nas.box.acme.sidegate.internal',
    label: '',
    services: ['icmp', 'tcp/80'],
  },
];
const ANSWERS = { 'GET /access-log': { entries: ENTRIES } };

describe('the access log', () => {
  test.each(['forward', 'address'])('sidegate %s log', async (noun) => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { out, err, exitCode } = await daemon.cli([noun, 'log']);
    await expect(out).toMatchFileSnapshot(`../golden/${noun}_log.golden.txt`);
    expect([err, exitCode]).toEqual(['', 0]);
  });

  test('--json prints the entries of its kind', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    expect(JSON.parse((await daemon.cli(['address', 'log', '--json'])).out)).toEqual([ENTRIES[2]]);
  });

  test('what it is narrowed by is asked of the daemon', async () => {
    const path = `GET /access-log?publication=front+door&node=laptop&since=${NOW_MS - 86_400_000}`;
    await using daemon = await openFakeDaemon({ [path]: { entries: [] } });
    const options = ['--publication', 'front door', '--node', 'laptop', '--since', '1d'];
    const { out, exitCode } = await daemon.cli(['forward', 'log', ...options]);
    expect(daemon.asked).toEqual([path]);
    expect([out, exitCode]).toEqual(['Nothing in the log is like that.\n', 0]);
  });

  test('it says kindly that there is nothing, and why nothing can come', async () => {
    await using daemon = await openFakeDaemon({
      'GET /access-log': { entries: [], notice: 'The program conntrack is missing' },
    });
    const { out, err, exitCode } = await daemon.cli(['forward', 'log']);
    expect(out).toBe('Nobody has opened anything yet.\n');
    expect([err, exitCode]).toEqual(['warning: The program conntrack is missing\n', 0]);
  });
});

describe('since when', () => {
  test.each([
    ['2h', NOW_MS - 7_200_000],
    ['1h30m', NOW_MS - 5_400_000],
    ['2025-12-31', Date.UTC(2025, 11, 31)],
    ['2025-12-31 18:00', Date.UTC(2025, 11, 31, 18)],
    ['11:00', NOW_MS - 3_600_000],
    ['18:30', Date.UTC(2026, 0, 1, 18, 30)],
  ])('%s', (text, at) => expect(parseSince(text, NOW_MS)).toBe(at));

  test.each(['', 'soon', '2y', '2026-02-30', '25:00'])('refuses "%s"', (text) => {
    expect(() => parseSince(text, NOW_MS)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
