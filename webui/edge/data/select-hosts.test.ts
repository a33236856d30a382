import { expect, test } from 'vitest';
import { makeEdgeData } from '../../fake/edge-data.ts';
import { countKinds, type HostSelection, selectHosts } from './select-hosts.ts';

const hosts = [...makeEdgeData(Date.UTC(2026, 0, 1)).hosts.values()];
const select = (change: Partial<HostSelection>) =>
  selectHosts(hosts, { text: '', kind: 'all', order: 'name', descending: false, ...change }).map(
    ({ name }) => name,
  );

test('search takes all words, over names, vendors, addresses and services', () => {
  expect(select({ text: 'hikvision GARDEN' })).toEqual(['garden-camera']);
  expect(select({ text: '192.168.1.40' })).toEqual(['diskstation']);
  expect(select({ text: '9100' })).toEqual(['OfficeJet Pro 9010']);
  expect(select({ text: 'no such thing' })).toEqual([]);
});

test('a kind narrows the list', () => {
  expect(select({ kind: 'camera' })).toEqual(['front-door-camera', 'garden-camera']);
});

test('addresses sort as numbers, not as text', () => {
  const addresses = selectHosts(hosts, { text: '', kind: 'all', order: 'address', descending: false }).map(
    (host) => host.addresses[0],
  );
  expect(addresses.slice(0, 3)).toEqual(['192.168.1.1', '192.168.1.20', '192.168.1.21']);
  expect(addresses.at(-1)).toBe('192.168.1.120');
});

test('by last seen, what is online comes first', () => {
  const names = select({ order: 'seen' });
  expect(names.slice(-2)).toEqual(['garden-camera', 'Annas-iPhone']);
  expect(select({ order: 'seen', descending: true })[0]).toBe('Annas-iPhone');
});

test('kinds are counted, the most frequent first', () => {
  expect(countKinds(hosts)[0]).toEqual(['camera', 2]);
});
