/** The real adapters that need nothing but a directory and the loopback address. */
import {
  chmod,
  link,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@sidegate/kit';
import type { Ip } from '@sidegate/protocol';
import { expect, it } from 'vitest';
import { describeFiles } from '../platform/contract/describe-files.ts';
import { describeLogins } from '../platform/contract/describe-logins.ts';
import { describeResolver } from '../platform/contract/describe-resolver.ts';
import { describeSockets } from '../platform/contract/describe-sockets.ts';
import { createAtomicFiles } from './atomic-files.ts';
import { createChangeRecord } from './change-record.ts';
import { createHostsResolver } from './hosts-resolver.ts';
import { createScryptLogins } from './scrypt-logins.ts';
import { createUdpSockets } from './udp-sockets.ts';

const openDirectory = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sidegate-files-'));
  const areas = {
    state: join(directory, 'state'),
    runtime: join(directory, 'run'),
    config: join(directory, 'etc'),
  };
  return {
    directory,
    files: createAtomicFiles(areas),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
};
const openHosts = async (text: string) => {
  const machine = await openDirectory();
  const path = join(machine.directory, 'hosts');
  await writeFile(path, text);
  const record = createChangeRecord(machine.files, 'boot');
  const lookUp = async (name: string) => {
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.split(' '));
    return lines.find((words) => words[1] === name)?.[0];
  };
  return { ...machine, path, record, resolver: createHostsResolver(record, path), lookUp };
};

describeFiles('a directory', openDirectory);
describeLogins('scrypt', async () => {
  const machine = await openDirectory();
  return { ...machine, logins: createScryptLogins(machine.files) };
});
describeResolver('a hosts file', () => openHosts('127.0.0.1 localhost\n'));
describeSockets('the machine', async () => ({
  sockets: createUdpSockets(silentLogger),
  async [Symbol.asyncDispose]() {},
}));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
const { signal } = new AbortController();
const NAMES = [{ name: 'home.acme.sidegate.internal', address: '100.64.0.2' as Ip }];

it('keeps secrets to itself and leaves no temporary file', async () => {
  await using machine = await openDirectory();
  await machine.files.writeText('state', 'secret.json', 'x', { secret: true });
  await machine.files.writeText('state', 'open.json', 'x');
  expect(await modeOf(join(machine.directory, 'state'))).toBe(0o700);
  expect(await modeOf(join(machine.directory, 'state', 'secret.json'))).toBe(0o600);
  expect(await modeOf(join(machine.directory, 'state', 'open.json'))).toBe(0o644);
  expect((await readdir(join(machine.directory, 'state'))).sort()).toEqual(['open.json', 'secret.json']);
});

it('does not write what is there already', async () => {
  await using machine = await openDirectory();
  await machine.files.writeText('state', 'map.json', 'same');
  const path = join(machine.directory, 'state', 'map.json');
  const { ino } = await stat(path);
  await machine.files.writeText('state', 'map.json', 'same');
  expect((await stat(path)).ino).toBe(ino);
});

it('stores no password in the clear', async () => {
  await using machine = await openDirectory();
  const { Secret } = await import('@sidegate/kit');
  await createScryptLogins(machine.files).setPassword(new Secret('correct horse'));
  const text = await readFile(join(machine.directory, 'state', 'login.json'), 'utf8');
  expect(text).not.toContain('correct horse');
  expect(await modeOf(join(machine.directory, 'state', 'login.json'))).toBe(0o600);
});

it('gives the hosts file back byte for byte, with its mode', async () => {
  const original = Buffer.from('127.0.0.1 localhost\r\n\xff\xfe no newline at the end', 'latin1');
  await using machine = await openHosts('');
  await writeFile(machine.path, original);
  await chmod(machine.path, 0o640);
  await machine.resolver.apply(NAMES, signal);
  expect(await modeOf(machine.path)).toBe(0o640);
  expect(await machine.record.all()).toEqual([{ kind: 'hosts-block', name: machine.path }]);
  await machine.resolver.remove();
  expect(await readFile(machine.path)).toEqual(original);
  expect(await machine.record.all()).toEqual([]);
});

it('replaces a hosts file by rename, so that nobody reads half of it', async () => {
  await using machine = await openHosts('127.0.0.1 localhost\n');
  const old = join(machine.directory, 'old-name');
  await link(machine.path, old);
  await machine.resolver.apply(NAMES, signal);
  expect(await readFile(old, 'utf8')).toBe('127.0.0.1 localhost\n');
});

it('remembers changes across a crash, and forgets after a reboot what the kernel forgot', async () => {
  await using machine = await openDirectory();
  const before = createChangeRecord(machine.files, 'boot-1');
  await Promise.all([
    before.note({ kind: 'interface', name: 'sg0' }),
    before.note({ kind: 'hosts-block', name: '/etc/hosts' }),
    before.note({ kind: 'sysctl', name: 'net.ipv4.ip_forward', was: '0' }),
    before.note({ kind: 'sysctl', name: 'net.ipv4.ip_forward', was: '1' }),
  ]);
  const crashed = createChangeRecord(machine.files, 'boot-1');
  expect(await crashed.find('sysctl', 'net.ipv4.ip_forward')).toMatchObject({ was: '0' });
  expect(await crashed.all()).toHaveLength(3);
  const rebooted = createChangeRecord(machine.files, 'boot-2');
  expect(await rebooted.all()).toEqual([{ kind: 'hosts-block', name: '/etc/hosts' }]);
});

it('starts with an empty record where the file is damaged', async () => {
  await using machine = await openDirectory();
  await machine.files.writeText('state', 'system-changes.json', '{"bootId":');
  expect(await createChangeRecord(machine.files, 'boot').all()).toEqual([]);
});

it('follows a hosts file that is a link, and leaves the link', async () => {
  await using machine = await openHosts('127.0.0.1 localhost\n');
  const name = join(machine.directory, 'link');
  await symlink('hosts', name);
  await createHostsResolver(machine.record, name).apply(NAMES, signal);
  expect(await readlink(name)).toBe('hosts');
  expect(await machine.lookUp('home.acme.sidegate.internal')).toBe('100.64.0.2');
});
