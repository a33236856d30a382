/** The package by itself: what npm would publish, installed nowhere near this repository. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPackage } from '../build.ts';

let directory: string;
let packed: readonly string[];
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'node-ubus-'));
  buildPackage(join(directory, 'out'));
  const pack = ['pack', '--json', '--pack-destination', directory, join(directory, 'out')];
  const [{ filename, files }] = JSON.parse(
    execFileSync('npm', pack, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  packed = files.map(({ path }: { path: string }) => path);
  mkdirSync(join(directory, 'node_modules/node-ubus'), { recursive: true });
  execFileSync('tar', [
    '-xzf',
    join(directory, filename),
    '--strip-components=1',
    '-C',
    join(directory, 'node_modules/node-ubus'),
  ]);
}, 60_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('holds JavaScript and declarations for each other, README, licence, and neither tests nor sources', () => {
  expect(packed).toEqual(
    expect.arrayContaining(['README.md', 'LICENSE', 'package.json', 'index.js', 'index.d.ts']),
  );
  expect(packed.filter((path) => /\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  const scripts = packed.filter((path) => path.endsWith('.js'));
  for (const path of scripts) expect(packed).toContain(path.replace(/\.js$/, '.d.ts'));
  expect(scripts).toContain('testing/index.js');
});

it('works where it is installed, alone', () => {
  // Without `await using`, which the oldest Node does not know.
  const script = `
    import { connectUbus, method } from 'node-ubus';
    import { startTestUbusd } from 'node-ubus/testing';
    const ubusd = await startTestUbusd(process.argv[2]);
    const [one, other] = [connectUbus({ path: ubusd.path }), connectUbus({ path: ubusd.path })];
    await one.addObject({ path: 'lamp', methods: { set: method({ on: 'bool' }, ({ on }) => ({ on })) } });
    console.log(JSON.stringify(await other.invoke('lamp', 'set', { on: true })));
    await one.close(); await other.close(); await ubusd.close();
  `;
  const file = join(directory, 'try.mjs');
  writeFileSync(file, script);
  const said = execFileSync(process.execPath, [file, join(directory, 'ubus.sock')], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual({ on: true });
});
