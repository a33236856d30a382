import { expect, test } from 'vitest';
import { makeEdgeData } from '../../fake/edge-data.ts';
import { parseForwardForm } from '../components/parse-forward-form.ts';
import { forwardOfService, forwardsOfHost, isWebUrl } from './forwards.ts';

const data = makeEdgeData(Date.UTC(2026, 0, 1));
const forwards = [...data.forwards.values()];
const hostOf = (name: string) => {
  const host = [...data.hosts.values()].find((one) => one.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
};

test('a host’s forwards are found by its id and by its addresses', () => {
  const camera = hostOf('garden-camera');
  const [byId] = forwardsOfHost(forwards, camera);
  expect(byId?.label).toBe('Garden camera');
  const byAddress = { ...byId!, target: { kind: 'address' as const, address: byId!.targetAddress! } };
  expect(forwardsOfHost([byAddress], camera)).toHaveLength(1);
  expect(forwardsOfHost(forwards, hostOf('router'))).toEqual([]);
});

test('a service is published when port and protocol agree', () => {
  const [forward] = forwardsOfHost(forwards, hostOf('garden-camera'));
  expect(forwardOfService([forward!], { protocol: 'tcp', port: 80 })).toBe(forward);
  expect(forwardOfService([forward!], { protocol: 'udp', port: 80 })).toBeUndefined();
  expect(forwardOfService([{ ...forward!, protocol: 'both' }], { protocol: 'udp', port: 80 })).toBeDefined();
});

test('only http and https addresses become links', () => {
  expect(['http://a/', 'https://a/', 'a:2201', 'javascript:alert(1)'].map(isWebUrl)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('the form is a request, or one sentence per field', () => {
  const input = { hostId: '', address: '', targetPort: '80', protocol: 'udp', edgePort: '', label: ' Door ' };
  expect(parseForwardForm({ ...input, hostId: hostOf('router').id }, 'host', 0)).toMatchObject({
    ok: true,
    value: { protocol: 'udp', targetPort: 80, label: 'Door' },
  });
  const wrong = parseForwardForm(
    { ...input, targetPort: '0', edgePort: '70000', address: '300.1.1.1' },
    'address',
    0,
  );
  expect(Object.keys(wrong.ok ? {} : wrong.errors)).toEqual(['address', 'targetPort', 'edgePort']);
});
