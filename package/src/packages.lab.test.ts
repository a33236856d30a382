/** The packages as they are made for users, read by the tools that will read them there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORIGIN, PACKAGES } from '../manifest.ts';
import { type BuiltPackage, buildPackages } from './build-packages.ts';
import { readAdb, readApkTree, slots, text } from './testing/read-apk.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const context = { root, origin: ORIGIN, epochSec: 1_700_000_000 };
/** The budget of an agent package without a runtime. */
const AGENT_LIMIT_BYTES = 1_000_000;

let directory: string;
let packages: readonly BuiltPackage[];
const pathOf = (built: BuiltPackage) => join(directory, built.fileName);
const find = (name: string, format: string): BuiltPackage => {
  const found = packages.find((built) => built.spec.name === name && built.format === format);
  if (found === undefined) throw new Error(`No ${name} for ${format}`);
  return found;
};
const run = (file: string, ...args: readonly string[]) => execFileSync(file, args, { encoding: 'utf8' });
/** `mode owner path` of every line of `tar -tv`, the date cut out. */
const parseListing = (listing: string): readonly string[] =>
  listing
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+) (\S+) +\d+ \S+ \S+ /, '$1 $2 '));

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sidegate-packages-'));
  packages = buildPackages(PACKAGES, context);
  for (const built of packages) writeFileSync(pathOf(built), built.bytes);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('gives the same bytes twice, and the agent within its budget', () => {
  for (const [index, again] of buildPackages(PACKAGES, context).entries()) {
    expect(Buffer.compare(again.bytes, packages[index]!.bytes), again.fileName).toBe(0);
  }
  for (const format of ['deb', 'ipk', 'apk']) {
    expect(find('sidegate', format).bytes.length).toBeLessThan(AGENT_LIMIT_BYTES);
  }
});

describe('.deb', () => {
  it.each(['sidegate', 'sidegate-broker'])(
    '%s: dpkg-deb finds control, sums, conffiles and modes',
    (name) => {
      const built = find(name, 'deb');
      expect(run('dpkg-deb', '-f', pathOf(built), 'Package', 'Architecture')).toBe(
        `Package: ${name}\nArchitecture: all\n`,
      );
      const control = join(directory, `${name}-control`);
      run('dpkg-deb', '-e', pathOf(built), control);
      const data = join(directory, `${name}-data`);
      run('dpkg-deb', '-x', pathOf(built), data);
      run('sh', '-c', 'cd "$0" && md5sum --quiet -c "$1"', data, join(control, 'md5sums'));
      expect(readFileSync(join(control, 'conffiles'), 'utf8')).toBe(`/etc/${name}/config.json\n`);
      for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) {
        expect(statSync(join(control, script)).mode & 0o777).toBe(0o755);
        run('sh', '-n', join(control, script));
      }
      expect(statSync(join(data, 'usr/bin', name)).mode & 0o777).toBe(0o755);
      expect(
        run('dpkg-deb', '-c', pathOf(built))
          .split('\n')
          .filter((line) => line !== '' && !/ root\/root /.test(line)),
      ).toEqual([]);
    },
  );

  it('has an agent that runs from where it is put, with its UI, its manual and completions', () => {
    const data = join(directory, 'sidegate-data');
    const bundle = join(data, 'usr/lib/sidegate/sidegate.mjs');
    expect(run(process.execPath, bundle, 'version')).toContain('0.');
    expect(existsSync(join(data, 'usr/lib/sidegate/webui/edge/index.html'))).toBe(true);
    expect(run('zcat', join(data, 'usr/share/man/man1/sidegate.1.gz'))).toContain('.TH SIDEGATE 1');
    run('bash', '-n', join(data, 'usr/share/bash-completion/completions/sidegate'));
  });

  it('refuses to replace a newer version, and takes an older one', () => {
    const preinst = join(directory, 'sidegate-control/preinst');
    const refusal = spawnSync('sh', [preinst, 'upgrade', '99.0.0'], { encoding: 'utf8' });
    expect([refusal.status, refusal.stderr]).toEqual([
      1,
      expect.stringContaining('99.0.0 is installed and newer'),
    ]);
    expect(spawnSync('sh', [preinst, 'upgrade', '0.0.1']).status).toBe(0);
    expect(spawnSync('sh', [preinst, 'install']).status).toBe(0);
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
  it.skipIf(!hasSystemd).each(['sidegate', 'sidegate-broker'])(
    '%s: systemd-analyze, where it is, rates the sandbox 3.0 or better',
    (name) => {
      const unit = join(directory, `${name}-data/usr/lib/systemd/system/${name}.service`);
      run('systemd-analyze', 'security', '--offline=true', '--threshold=30', '--no-pager', unit);
    },
  );
});

describe('.ipk', () => {
  it('is a gzipped tar of three members in the order that opkg wants', () => {
    expect(
      run('tar', '-tzf', pathOf(find('sidegate', 'ipk')))
        .trim()
        .split('\n'),
    ).toEqual(['./debian-binary', './data.tar.gz', './control.tar.gz']);
  });

  it('holds what a router needs, root being the owner, and scripts that busybox reads', () => {
    const ipk = join(directory, 'ipk');
    run('sh', '-c', 'mkdir "$0" && tar -xzf "$1" -C "$0"', ipk, pathOf(find('sidegate', 'ipk')));
    const data = parseListing(run('tar', '-tvzf', join(ipk, 'data.tar.gz')));
    expect(data).toEqual(
      expect.arrayContaining([
        '-rwxr-xr-x root/root ./etc/init.d/sidegate',
        '-rw------- root/root ./etc/config/sidegate',
        '-rwxr-xr-x root/root ./etc/uci-defaults/90_sidegate',
        '-rw-r--r-- root/root ./usr/share/rpcd/acl.d/sidegate.json',
        '-rw-r--r-- root/root ./lib/upgrade/keep.d/sidegate',
        '-rwxr-xr-x root/root ./usr/bin/sidegate',
        '-rw-r--r-- root/root ./usr/lib/sidegate/sidegate.mjs',
      ]),
    );
    const control = run('tar', '-xzOf', join(ipk, 'control.tar.gz'), './control');
    expect(control).toMatch(/^Package: sidegate\nVersion: \d+\.\d+\.\d+\S*-r1\nDepends: libc, .*\bnode\b/);
    expect(control).toContain('\nArchitecture: all\n');
    run('tar', '-xzf', join(ipk, 'control.tar.gz'), '-C', ipk);
    for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) run('sh', '-n', join(ipk, script));
    expect(run('tar', '-xzOf', join(ipk, 'data.tar.gz'), './etc/init.d/sidegate')).toContain(
      'respawn 3600 5 0',
    );
  });
});

describe('.apk', () => {
  it('holds the same files as the .ipk, and the scripts of each moment', () => {
    const content = readAdb(Buffer.from(find('sidegate', 'apk').bytes));
    const paths = readApkTree(content).map(({ path, mode }) => `${mode.toString(8)} ${path}`);
    const ipk = find('sidegate', 'ipk').spec.entries;
    expect(paths).toEqual(
      expect.arrayContaining(
        ipk.map((entry) => (entry.kind === 'symlink' ? '' : `${entry.mode.toString(8)} /${entry.path}`)),
      ),
    );
    const scripts = slots(content.root[3]);
    for (const slot of [3, 4, 5, 6, 7]) {
      const checked = spawnSync('sh', ['-n'], { input: text(scripts[slot]), encoding: 'utf8' });
      expect([checked.status, checked.stderr]).toEqual([0, '']);
      expect(text(scripts[slot])).toMatch(/^#!\/bin\/sh\n/);
    }
    expect(text(scripts[7])).toContain('PKG_UPGRADE=1');
  });
});

/** What an older package says to an installed one, in the shell and with the tools of a router. */
describe('a downgrade on OpenWrt', () => {
  const busybox = spawnSync('busybox', ['true']).status === 0;
  const VERSION = /-r1$/;
  const ask = (script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const tools = mkdtempSync(join(directory, 'busybox-'));
    for (const tool of ['awk', 'sort', 'head']) symlinkSync('/usr/bin/busybox', join(tools, tool));
    const argv = ['ash', '-c', script, 'sh', ...args];
    return spawnSync('/usr/bin/busybox', argv, { encoding: 'utf8', env: { PATH: tools, ...env } });
  };
  const newer = ['99.0.0-r1', '0.1.0-r2', '0.1.1_alpha1-r1', '0.10.0-r1', '0.1.10_rc2-r1'];
  const older = ['0.1.0-r1', '0.1.0_rc9-r1', '0.1.0_beta2-r9', '0.0.12-r1'];
  const cases = [
    ['opkg', (installed: string) => ['upgrade', installed]],
    ['apk', (installed: string) => ['0.1.0-r1', installed]],
  ] as const;
  it.skipIf(!busybox).each(cases)('%s: refused with a reason, unless asked for', (tool, argsFor) => {
    const { spec } = find('sidegate', tool === 'opkg' ? 'ipk' : 'apk');
    expect(spec.version).toMatch(VERSION);
    // The version of the day is not the subject.
    const script = spec.scripts[tool === 'opkg' ? 'preinst' : 'pre-upgrade']!.replaceAll(
      spec.version,
      '0.1.0-r1',
    );
    for (const installed of newer) {
      const { status, stderr } = ask(script, argsFor(installed));
      expect([installed, status, stderr]).toEqual([
        installed,
        1,
        expect.stringContaining('newer than 0.1.0-r1'),
      ]);
    }
    for (const installed of older)
      expect([installed, ask(script, argsFor(installed)).status]).toEqual([installed, 0]);
    expect(ask(script, argsFor('99.0.0-r1'), { SIDEGATE_ALLOW_DOWNGRADE: '1' }).status).toBe(0);
    expect(ask(script, tool === 'opkg' ? ['install'] : ['0.1.0-r1']).status).toBe(0);
  });
});
