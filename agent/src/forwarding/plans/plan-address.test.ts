import { type AddressId, type DnsLabel, type Ip4, LIMITS, type NewAddress } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../errors.ts';
import type { AddressRecord } from '../address-record.ts';
import { planAddress } from './plan-address.ts';
import type { ForwardingState } from './plan-forward.ts';

const STATE = {
  forwards: [],
  hosts: [],
  scopes: [{ id: 'c_aaaaaaaaaaaaaaaa', cidr: '10.20.0.0/16', kind: 'routed', label: '' }],
  ownAddresses: ['10.20.0.1'],
  portsInUse: [],
  peers: [],
  meshPrefix: '100.64.0.0/10',
} as unknown as ForwardingState;
const made = { id: 'v_aaaaaaaaaaaaaaaa' as AddressId, owner: 'anna', at: 7 };
const to = (address: string, patch: Partial<NewAddress> = {}): NewAddress => ({
  target: { kind: 'address', address: address as Ip4 },
  label: '',
  note: '',
  ...patch,
});
const plan = (request: NewAddress, present: readonly AddressRecord[] = []) =>
  planAddress(request, present, STATE, made);
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof AgentError ? error.code : 'another error';
  }
};

describe('planAddress', () => {
  it('names a host of a routed network after where it is, and another one otherwise', () => {
    const first = plan(to('10.20.0.7'));
    expect(first).toMatchObject({ name: 'host-7', key: '10.20.0.7' });
    expect(plan(to('10.20.1.7'), [first]).name).toBe('host-7-2');
  });

  it.each([
    ['FORWARD_TARGET_IS_SELF', to('10.20.0.1')],
    ['FORWARD_TARGET_IN_MESH', to('100.64.0.9')],
    ['FORWARD_TARGET_OUTSIDE_SCOPES', to('192.168.1.1')],
    ['FORWARD_EXPIRED', to('10.20.0.7', { expiresAt: 6 })],
    ['ADDRESS_NAME_TAKEN', to('10.20.0.8', { name: 'host-7' as DnsLabel })],
    ['ADDRESS_EXISTS', to('10.20.0.7')],
  ])('refuses with %s', (code, request) => {
    expect(codeOf(() => plan(request, [plan(to('10.20.0.7'))]))).toBe(code);
  });

  it('refuses one too many', () => {
    const present = Array.from({ length: LIMITS.addressesPerEdge }, () => plan(to('10.20.0.7')));
    expect(codeOf(() => plan(to('10.20.0.8'), present))).toBe('ADDRESS_LIMIT');
  });
});
