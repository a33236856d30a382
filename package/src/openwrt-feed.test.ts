/** The source feed in `openwrt/` says the same as the manifest, in the buildroot's words. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseEnrolFile } from '../../agent/src/platform/openwrt/enrol-unattended.ts';
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

it('starts Node with the flags that Debian starts it with, all of which the oldest Node knows', () => {
  const flagsIn = (path: string) =>
    /^flags='(.*)'$/m.exec(readFileSync(join(feed, '..', path), 'utf8'))?.[1]?.split(' ') ?? [];
  const flags = flagsIn('openwrt/sidegate/files/sidegate.launcher');
  expect(flags).toEqual(flagsIn('package/files/debian/sidegate.launcher'));
  for (const node of [process.execPath, '/usr/bin/node'].filter(existsSync))
    expect(spawnSync(node, [...flags, '-e', ''], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
});

it('has only files that a shell can read', () => {
  const scripts = readdirSync(feed, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name))
    .filter((path) => readFileSync(path, 'utf8').startsWith('#!/bin/sh'));
  expect(scripts.length).toBeGreaterThanOrEqual(3);
  for (const path of scripts) expect([path, spawnSync('sh', ['-n', path]).status]).toEqual([path, 0]);
});

it('has an order in the example image that the agent understands', () => {
  const text = readFileSync(join(feed, 'example-image/files/etc/sidegate/enrol'), 'utf8');
  expect(parseEnrolFile(text)).toMatchObject({ broker: 'https://broker.example.com', role: 'edge' });
});

describe('luci-app-sidegate', () => {
  const app = join(feed, 'luci-app-sidegate');
  const view = readFileSync(join(app, 'htdocs/luci-static/resources/view/sidegate/overview.js'), 'utf8');
  const json = (path: string) => JSON.parse(readFileSync(join(app, 'root/usr/share', path), 'utf8'));
  const acl = json('rpcd/acl.d/luci-app-sidegate.json')['luci-app-sidegate'];

  it('installs every file of the manifest, and depends on the same', () => {
    const text = readFileSync(join(app, 'Makefile'), 'utf8');
    const manifest = PACKAGES.find(({ name }) => name === 'luci-app-sidegate')?.formats.apk;
    for (const { to } of manifest?.items ?? []) expect(text).toContain(` $(1)${to}\n`);
    const depends = /DEPENDS:=(.*)$/m.exec(text)?.[1]?.replaceAll('+', '').split(' ');
    expect(['libc', ...(depends ?? [])]).toEqual(manifest?.depends);
  });

  it('has a menu that leads to the view, for whom its own rules admit', () => {
    const entry = json('luci/menu.d/luci-app-sidegate.json')['admin/vpn/sidegate'];
    expect(entry.action).toEqual({ type: 'view', path: 'sidegate/overview' });
    expect(entry.depends.acl).toEqual(['luci-app-sidegate']);
  });

  it('calls what the rules allow, and the rules allow nothing else', () => {
    const called = [...view.matchAll(/object: 'sidegate',\s*method: '(\w+)'/g)].map((match) => match[1]!);
    const allowed: string[] = [...acl.read.ubus.sidegate, ...acl.write.ubus.sidegate];
    expect(called.length).toBe(4);
    expect(allowed).toEqual(expect.arrayContaining(called));
    const own = JSON.parse(readFileSync(join(feed, 'sidegate/files/sidegate.acl.json'), 'utf8')).sidegate;
    expect(allowed).toEqual([...own.read.ubus.sidegate, ...own.write.ubus.sidegate]);
  });

  it("is a script as LuCI's loader takes it: a function body that returns the view", () => {
    expect(view.startsWith("'use strict';\n'require view';\n")).toBe(true);
    const names = ['view', 'rpc', 'ui', 'poll', 'E', '_', 'L', 'window', 'document', 'location'];
    const made: Record<string, unknown>[] = [];
    const extend = (definition: Record<string, unknown>) => made.push(definition);
    const load = new Function(...names, view);
    load({ extend }, { declare: () => () => {} }, {}, {}, () => {}, String, {}, {}, {}, {});
    expect(Object.keys(made[0] ?? {})).toEqual([
      'load',
      'render',
      'handleSaveApply',
      'handleSave',
      'handleReset',
    ]);
  });
});
