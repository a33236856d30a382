import type { ForwardId, Host, HostId, Ip4, Mac, NewForward, Scope, ScopeId } from '@sidegate/protocol';
import { LIMITS } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../errors.ts';
import type { ForwardRecord } from '../forward-record.ts';
import { type ForwardingState, forwardRules, planForward } from './plan-forward.ts';
import { resolveTarget } from './resolve-target.ts';

const CAMERA = {
  id: 'h_aaaaaaaaaaaaaaaa' as HostId,
  mac: '44:47:cc:00:00:01' as Mac,
  addresses: ['192.168.1.20' as Ip4],
  name: 'Front door',
  note: '',
  kind: 'camera',
  services: [
    { protocol: 'tcp', port: 80, name: 'http', scheme: 'http' },
    { protocol: 'tcp', port: 37_777, name: 'http', scheme: 'https' },
  ],
  online: true,
  firstSeenAt: 0,
  lastSeenAt: 0,
  evidence: [],
} satisfies Host;
const SCOPE = {
  id: 'c_aaaaaaaaaaaaaaaa' as ScopeId,
  cidr: '192.168.1.0/24' as Scope['cidr'],
  kind: 'attached',
  label: 'lan',
} satisfies Scope;
/** Devices on the wire of eth0 that kept the addresses of another home. */
const STRAY = { ...SCOPE, cidr: '192.168.55.0/24' as Scope['cidr'], kind: 'stray' } satisfies Scope;
const STATE: ForwardingState = {
  forwards: [],
  hosts: [CAMERA],
  scopes: [SCOPE, STRAY],
  ownAddresses: ['192.168.1.2', '100.64.0.1', '127.0.0.1'] as Ip4[],
  peers: [],
  portsInUse: [{ protocol: 'tcp', port: 22, by: 'another program on this machine' }],
};
const TO_CAMERA: NewForward = {
  protocol: 'tcp',
  target: { kind: 'host', hostId: CAMERA.id },
  targetPort: 80,
  label: '',
  note: '',
};
const toAddress = (address: string): NewForward => ({
  ...TO_CAMERA,
  target: { kind: 'address', address: address as Ip4 },
});
const plan = (request: NewForward, state: Partial<ForwardingState> = {}): ForwardRecord =>
  planForward(
    request,
    { ...STATE, ...state },
    { id: 'f_aaaaaaaaaaaaaaaa' as ForwardId, owner: 'anna', at: 7 },
  );
const codeOf = (run: () => unknown): [string, string | undefined] | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof AgentError ? [error.code, error.field] : undefined;
  }
};

describe('planForward', () => {
  it('completes a request: port, owner, and what finds the host again', () => {
    expect(plan(TO_CAMERA)).toEqual({
      ...TO_CAMERA,
      id: 'f_aaaaaaaaaaaaaaaa',
      edgePort: 8001,
      enabled: true,
      owner: 'anna',
      createdAt: 7,
      hostMac: CAMERA.mac,
      lastAddress: '192.168.1.20',
    });
  });

  it('counts web pages up, and knows them by what speaks there', () => {
    const first = plan(TO_CAMERA);
    expect(plan(TO_CAMERA, { forwards: [first] }).edgePort).toBe(8002);
    expect(plan({ ...TO_CAMERA, targetPort: 37_777 }).edgePort).toBe(8401);
    expect(plan({ ...TO_CAMERA, targetPort: 22 }).edgePort).toBe(2201);
    expect(plan({ ...TO_CAMERA, targetPort: 4840 }).edgePort).toBe(4840);
    expect(plan({ ...TO_CAMERA, targetPort: 123, protocol: 'udp' }).edgePort).toBe(10_123);
  });

  it.each([
    ['FORWARD_PORT_IN_USE', 'edgePort', { ...TO_CAMERA, edgePort: 22 }],
    ['FORWARD_PORT_IN_USE', 'edgePort', { ...TO_CAMERA, edgePort: 22, protocol: 'both' as const }],
    ['FORWARD_TARGET_OUTSIDE_SCOPES', 'target.address', toAddress('192.168.2.20')],
    ['FORWARD_TARGET_STRAY', 'target.address', toAddress('192.168.55.7')],
    ['FORWARD_TARGET_OUTSIDE_SCOPES', 'target.address', toAddress('8.8.8.8')],
    ['FORWARD_TARGET_OUTSIDE_SCOPES', 'target.address', toAddress('224.0.0.1')],
    ['FORWARD_TARGET_NO_HOST', 'target.address', toAddress('192.168.1.0')],
    ['FORWARD_TARGET_NO_HOST', 'target.address', toAddress('192.168.1.255')],
    ['FORWARD_TARGET_IS_SELF', 'target.address', toAddress('192.168.1.2')],
    ['FORWARD_TARGET_IS_SELF', 'target.address', toAddress('100.64.0.1')],
    ['FORWARD_TARGET_IS_SELF', 'target.address', toAddress('127.0.0.53')],
    [
      'HOST_NOT_FOUND',
      'target.hostId',
      { ...TO_CAMERA, target: { kind: 'host' as const, hostId: 'h_bbbbbbbbbbbbbbbb' as HostId } },
    ],
  ])('refuses with %s at %s', (code, field, request) => {
    expect(codeOf(() => plan(request))).toEqual([code, field]);
  });

  it('takes a range of ports, on free ground only', () => {
    const range = { ...TO_CAMERA, targetPort: 10_000, portCount: 20, protocol: 'both' as const };
    const first = plan(range);
    expect(first).toMatchObject({ edgePort: 10_000, portCount: 20 });
    const forwards = [first];
    expect(plan(range, { forwards }).edgePort).toBe(20_000);
    expect(plan({ ...range, edgePort: 10_020 }, { forwards }).edgePort).toBe(10_020);
    for (const edgePort of [9_981, 10_000, 10_019]) {
      expect(codeOf(() => plan({ ...range, edgePort }, { forwards }))?.[0]).toBe('FORWARD_PORT_IN_USE');
    }
    expect(codeOf(() => plan({ ...range, edgePort: 10 }))?.[0]).toBe('FORWARD_PORT_IN_USE');
    expect(codeOf(() => plan({ ...range, edgePort: 65_530 }))).toEqual([
      'FORWARD_RANGE_TOO_HIGH',
      'edgePort',
    ]);
    expect(codeOf(() => plan({ ...range, targetPort: 65_530 }))).toEqual([
      'FORWARD_RANGE_TOO_HIGH',
      'targetPort',
    ]);
    const many = Array.from({ length: 16 }, () => ({ ...first, portCount: LIMITS.portsPerForward }));
    expect(codeOf(() => plan({ ...range, edgePort: 30_000 }, { forwards: many }))?.[0]).toBe('FORWARD_LIMIT');
  });

  it('becomes one rule for each port and protocol, under one id', () => {
    const record = plan({ ...TO_CAMERA, edgePort: 9_000, portCount: 3, protocol: 'both' });
    const rules = forwardRules([record], { hosts: [CAMERA], scopes: [SCOPE], peers: [] });
    expect(rules.map(({ protocol, edgePort, targetPort }) => [protocol, edgePort, targetPort])).toEqual([
      ['tcp', 9_000, 80],
      ['tcp', 9_001, 81],
      ['tcp', 9_002, 82],
      ['udp', 9_000, 80],
      ['udp', 9_001, 81],
      ['udp', 9_002, 82],
    ]);
  });

  it('lets udp have a port that only tcp uses', () => {
    expect(plan({ ...TO_CAMERA, edgePort: 22, protocol: 'udp' }).edgePort).toBe(22);
  });

  it('refuses an address of the mesh, though a network of the edge has the same numbers', () => {
    const scopes = [{ ...SCOPE, cidr: '100.64.0.0/16' as Scope['cidr'] }];
    const meshPrefix = '100.64.0.0/10' as Scope['cidr'];
    expect(codeOf(() => plan(toAddress('100.64.0.77'), { scopes, meshPrefix }))).toEqual([
      'FORWARD_TARGET_IN_MESH',
      'target.address',
    ]);
  });

  it('refuses the ten thousandth as the first too many', () => {
    const forwards = Array.from({ length: 10_000 }, () => plan(TO_CAMERA));
    expect(codeOf(() => plan(TO_CAMERA, { forwards }))?.[0]).toBe('FORWARD_LIMIT');
  });

  it('refuses a port that another forward has', () => {
    const forwards = [plan(TO_CAMERA)];
    expect(codeOf(() => plan({ ...TO_CAMERA, edgePort: 8001 }, { forwards }))?.[0]).toBe(
      'FORWARD_PORT_IN_USE',
    );
  });

  it('refuses a host that is nowhere, and one forward too many', () => {
    const hosts = [{ ...CAMERA, addresses: [] }];
    expect(codeOf(() => plan(TO_CAMERA, { hosts }))?.[0]).toBe('FORWARD_TARGET_NOWHERE');
    const forwards = Array.from({ length: LIMITS.forwardsPerEdge }, () => plan(TO_CAMERA));
    expect(codeOf(() => plan(TO_CAMERA, { forwards }))?.[0]).toBe('FORWARD_LIMIT');
  });
});

describe('resolveTarget', () => {
  const record = plan(TO_CAMERA);
  const scopes = [SCOPE];

  it('follows the host to its new address', () => {
    const hosts = [{ ...CAMERA, addresses: ['192.168.1.77' as Ip4] }];
    expect(resolveTarget(record, { hosts, scopes })).toBe('192.168.1.77');
  });

  it('knows the host by its hardware address where its record was made anew', () => {
    const hosts = [{ ...CAMERA, id: 'h_cccccccccccccccc' as HostId, addresses: ['192.168.1.78' as Ip4] }];
    expect(resolveTarget(record, { hosts, scopes })).toBe('192.168.1.78');
  });

  it('goes on to the last address while nobody knows better', () => {
    expect(resolveTarget(record, { hosts: undefined, scopes: undefined })).toBe('192.168.1.20');
    expect(resolveTarget(record, { hosts: [], scopes })).toBe('192.168.1.20');
  });

  it('never leads to a stranger at the old address, nor out of the scopes', () => {
    const stranger = { ...CAMERA, id: 'h_dddddddddddddddd' as HostId, mac: '44:47:cc:00:00:02' as Mac };
    expect(resolveTarget(record, { hosts: [stranger], scopes })).toBeUndefined();
    expect(
      resolveTarget(record, { hosts: [{ ...CAMERA, addresses: [] }, stranger], scopes }),
    ).toBeUndefined();
    expect(resolveTarget(record, { hosts: [CAMERA], scopes: [] })).toBeUndefined();
  });
});

describe('the wire whose machines may open a forward as well', () => {
  const wired = { ...SCOPE, interfaceName: 'eth0' } satisfies Scope;
  const rulesOf = (record: ForwardRecord, scopes: readonly Scope[]) =>
    forwardRules([record], { hosts: [CAMERA], scopes, peers: [] });
  const lan = { interfaceName: 'eth0', cidr: SCOPE.cidr };

  it('is that of the target', () => {
    expect(rulesOf(plan(TO_CAMERA), [STRAY, wired])).toMatchObject([{ lan }]);
  });

  it('is none for a forward that is for somebody', () => {
    const record = { ...plan(TO_CAMERA), allow: { nodes: [], tags: [], users: [] } };
    expect(rulesOf(record, [wired])[0]).not.toHaveProperty('lan');
  });

  it('is none where the target is behind a router', () => {
    expect(rulesOf(plan(TO_CAMERA), [{ ...wired, kind: 'routed' }])[0]).not.toHaveProperty('lan');
  });

  it('leads nowhere where the network is stray', () => {
    expect(rulesOf(plan(TO_CAMERA), [{ ...wired, kind: 'stray' }])).toEqual([]);
  });
});
