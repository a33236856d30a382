/** The source feed in `openwrt/` says the same as the manifest, in the buildroot's words. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGES } from '../manifest.ts';

const feed = fileURLToPath(new URL('../../openwrt', import.meta.url));
const makefile = readFileSync(join(feed, 'sidegate/Makefile'), 'utf8');
const apk = PACKAGES.find(({ name }) => name === 'sidegate')?.formats.apk;

it('depends on what the .apk depends on; libc comes by itself', () => {
  const depends = /^ {2}DEPENDS:=(.*)$/m
    .exec(makefile)?.[1]
    ?.split(' ')
    .map((name) => name.replace('+', ''));
  expect(depends).toEqual(apk?.depends.filter((name) => name !== 'libc'));
});

it('installs every file of the manifest, with the command of its mode', () => {
  const commands = new Map([
    [0o755, 'INSTALL_BIN'],
    [0o600, 'INSTALL_CONF'],
    [0o644, 'INSTALL_DATA'],
  ]);
  for (const { source, to, mode = 0o644 } of apk?.items ?? []) {
    if ('tree' in source) expect(makefile).toContain('$(CP) $(PKG_BUILD_DIR)/webui $(1)/usr/lib/sidegate/');
    else expect(makefile).toMatch(new RegExp(`\\$\\(${commands.get(mode)}\\) \\S+ \\$\\(1\\)${to}\n`));
  }
});

it('has the order and the lines that a buildroot insists on', () => {
  const order = [
    '$(TOPDIR)/rules.mk',
    'PKG_NAME:=',
    '$(INCLUDE_DIR)/package.mk',
    'define Package/sidegate',
    'BuildPackage',
  ];
  const places = order.map((line) => makefile.indexOf(line));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(makefile.match(/^define /gm)?.length).toBe(makefile.match(/^endef$/gm)?.length);
  // A recipe line that begins with spaces is a syntax error.
  const install = /define Package\/sidegate\/install\n(.*?)endef/s.exec(makefile)?.[1] ?? '';
  expect(
    install
      .trimEnd()
      .split('\n')
      .every((line) => line.startsWith('\t')),
  ).toBe(true);
  expect(makefile).toContain('PKGARCH:=all');
});

it('has only files that a shell can read', () => {
  const scripts = readdirSync(feed, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name))
    .filter((path) => readFileSync(path, 'utf8').startsWith('#!/bin/sh'));
  expect(scripts.length).toBeGreaterThanOrEqual(4);
  for (const path of scripts) expect([path, spawnSync('sh', ['-n', path]).status]).toEqual([path, 0]);
});

describe('the enrolment of the example image', () => {
  const script = join(feed, 'example-image/files/usr/libexec/sidegate-enrol');
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sidegate-enrol-'));
    writeFileSync(join(directory, 'enrol.key'), 'sgk_test\n');
    writeFileSync(join(directory, 'broker-url'), 'https://broker.example.com\n');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** A `sidegate` that notes its calls and goes through the given states, one a question. */
  const run = (states: readonly string[]): string => {
    writeFileSync(join(directory, 'states'), states.map((state) => `${state}\n`).join(''));
    const fake = `#!/bin/sh
cd '${directory}'
echo "$*" >> calls
[ "$1" = up ] && exit 0
head -n 1 states
sed -i 1d states
`;
    writeFileSync(join(directory, 'sidegate'), fake, { mode: 0o755 });
    const env = { PATH: `${directory}:${process.env.PATH}` };
    const { status } = spawnSync('sh', [script, directory, '0'], { env, timeout: 5_000 });
    expect([status, existsSync(join(directory, 'enrol.key'))]).toEqual([0, false]);
    return readFileSync(join(directory, 'calls'), 'utf8').replaceAll(directory, '');
  };

  it('waits for the agent, joins, and deletes the key once it has joined', () => {
    expect(run(['', '{"state":"not-enrolled"}', '{"state":"up"}'])).toBe(
      'status --json\nstatus --json\nup --broker https://broker.example.com --key-file /enrol.key\nstatus --json\n',
    );
  });

  it('leaves a router alone that has an identity', () => {
    expect(run(['{"state":"connecting"}'])).toBe('status --json\n');
  });
});
