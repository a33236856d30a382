import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ANSWERS } from './testing/answers.ts';
import { openFakeDaemon, transcript } from './testing/fake-daemon.ts';
import { NOT_ENROLLED } from './testing/samples.ts';

/** Every file holds an object, and takes what it is given. */
const FILES = { readFile: async () => '{}', writeFile: async () => {} };

describe('human output', () => {
  const lines: readonly string[] = [
    'status',
    'peers',
    'peers --explain',
    'hosts',
    'hosts --kind camera',
    'hosts --search nothing',
    'hosts --changes',
    'hosts --changes --seen',
    'hosts --csv',
    'host 192.168.1.10',
    'host nobody',
    'forward list',
    'forward add front\u00a0door:80',
    'forward add 192.168.1.10:80 --port 8001 --both --label page',
    'forward add 192.168.1.10:80 --for 1h30m',
    'forward add 192.168.1.10:80 --allow laptop,tag:support,user:anna',
    'forward add 192.168.1.10:10000-10019 --udp',
    'forward add 192.168.1.10:80 --dry-run',
    'forward remove 8001',
    'forward remove 8001 --dry-run',
    'forward enable 8001 --dry-run',
    'forward export',
    'forward export --output /tmp/pubs.json',
    'forward import -',
    'forward import pubs.json --dry-run',
    'forward import pubs.json --replace',
    'address list',
    'address add front\u00a0door',
    'address add 192.168.1.10 --name door --ports 80,161/udp,10000-10019 --for 2h',
    'address add 192.168.1.10 --dry-run',
    'address remove front-door',
    'address remove front-door --dry-run',
    'address disable front-door --dry-run',
    'address disable 100.64.0.50',
    'forward disable f_forwardforwardfo',
    'forward enable 9999',
    'wake front\u00a0door',
    'forward set 8001 --for 2h --allow tag:support --wake',
    'forward set 8001',
    'forward set 8001 --label gate --allow laptop --dry-run',
    'address set front-door --ports 80 --dry-run',
    'forward set 8001 --until never --allow anyone --no-wake --label page',
    'address set front-door --ports 80,161/udp --name porch',
    'address set front-door --ports all --allow anyone',
    'wake front\u00a0door --wait',
    'forward add 192.168.1.10:80 --wake',
    'template list',
    'template add door --kind doorbell --mac 44:19:b6,bc:ad:28 --ports 80,554 --auto --allow tag:support --for 2h',
    'template add door --kind doorbell --ports 80,554 --dry-run',
    'template remove door',
    'template apply camera --host front\u00a0door',
    'template apply camera --dry-run',
    'scope list',
    'scope add 10.20.0.0/24 --label cameras',
    'scope add 192.168.55.0/24 --sender 192.168.55.1 --interface lan0 --every 6h --ports 80,8899 --rate 100',
    'scope set cameras --every usual --label page',
    'scope suggest',
    'scope remove cameras',
    'scope remove 10.99.0.0/24',
    'down',
    'down --forget',
    'version',
  ];
  test.each(lines)('sidegate %s', async (line) => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const argv = line.split(' ').map((word) => word.replace('\u00a0', ' '));
    const text = `$ sidegate ${line}\n${transcript(await daemon.cli(argv, FILES))}${daemon.asked.map((each) => `> ${each}\n`).join('')}`;
    await expect(text).toMatchFileSnapshot(`./golden/${line.replaceAll(/[^\w.-]+/g, '_')}.golden.txt`);
  });

  test('colours and the width of the terminal matter on a terminal only', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    const { out } = await daemon.cli(['hosts'], { isTTY: true });
    await expect(out).toMatchFileSnapshot('./golden/hosts-on-a-terminal.golden.txt');
    const plain = await daemon.cli(['hosts'], {
      isTTY: true,
      env: { SIDEGATE_RUN_DIR: join(daemon.socketPath, '..'), NO_COLOR: '1' },
    });
    expect(plain.out).not.toContain('\u001b');
  });

  test('what a device says never reaches the terminal as an order', async () => {
    await using daemon = await openFakeDaemon(ANSWERS);
    for (const command of ['hosts', 'host front\u00a0door']) {
      const { out } = await daemon.cli(command.split(' ').map((word) => word.replace('\u00a0', ' ')));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });

  test.each([
    ['hosts', 'GET /hosts', 'No hosts yet: run `sidegate scan`.\n'],
    ['peers', 'GET /peers', /^No peers yet: /],
    ['forward list', 'GET /forwards', /^No forwards yet: /],
    ['address list', 'GET /addresses', /^No addresses yet: /],
    ['scope list', 'GET /scopes', /^No scopes: /],
  ])('sidegate %s says kindly that there is nothing', async (line, route, expected) => {
    await using daemon = await openFakeDaemon({ [route]: [] });
    const { out, exitCode } = await daemon.cli(line.split(' '));
    if (typeof expected === 'string') expect(out).toBe(expected);
    else expect(out).toMatch(expected);
    expect(exitCode).toBe(0);
  });

  test('a machine that has not joined says how to', async () => {
    await using daemon = await openFakeDaemon({ 'GET /status': NOT_ENROLLED });
    expect((await daemon.cli(['status'])).out).toMatch(/^box: not in a network yet: run `sidegate up`\n/);
  });
});
