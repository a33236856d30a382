import type { UserId, UserRole } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accessBetween, canMeet, type PolicySubject } from './policy.ts';

const node = (role: PolicySubject['role'], ownerRole?: UserRole, ownerId = 'u_1'): PolicySubject => ({
  role,
  owner: ownerRole === undefined ? undefined : { id: ownerId as UserId, role: ownerRole },
});
const anyNode = fc.record({
  role: fc.constantFrom('edge', 'client', 'relay'),
  owner: fc.option(
    fc.record({
      id: fc.constantFrom('u_1', 'u_2') as fc.Arbitrary<UserId>,
      role: fc.constantFrom<UserRole[]>('owner', 'admin', 'technician', 'member'),
    }),
    { nil: undefined },
  ),
}) as fc.Arbitrary<PolicySubject>;

describe('the service preset', () => {
  test.each<UserRole>(['owner', 'admin', 'technician'])('lets clients of a %s reach every edge', (role) => {
    expect(accessBetween(node('client', role), node('edge', 'admin', 'u_2'), 'service')).toEqual({
      kind: 'all',
    });
  });

  test("lets a member's client reach the member's own edges only", () => {
    expect(accessBetween(node('client', 'member'), node('edge', 'member'), 'service').kind).toBe('all');
    expect(canMeet(node('client', 'member'), node('edge', 'member', 'u_2'), 'service')).toBe(false);
  });

  test("lets one person's clients reach each other, and nobody else's", () => {
    expect(canMeet(node('client', 'technician'), node('client', 'technician'), 'service')).toBe(true);
    expect(canMeet(node('client', 'technician'), node('client', 'technician', 'u_2'), 'service')).toBe(false);
  });

  test('gives a client whose owner is gone nothing', () => {
    expect(canMeet(node('client'), node('edge'), 'service')).toBe(false);
  });

  test('never lets an edge open anything, nor two edges meet', () => {
    fc.assert(
      fc.property(anyNode, anyNode, (edge, other) => {
        fc.pre(edge.role === 'edge');
        expect(accessBetween(edge, other, 'service').kind).toBe('none');
        if (other.role === 'edge') expect(canMeet(edge, other, 'service')).toBe(false);
      }),
    );
  });
});

test('the mesh preset lets everybody reach everybody', () => {
  fc.assert(
    fc.property(anyNode, anyNode, (one, other) => {
      expect(accessBetween(one, other, 'mesh')).toEqual({ kind: 'all' });
    }),
  );
});

test('meeting is mutual', () => {
  fc.assert(
    fc.property(anyNode, anyNode, fc.constantFrom('mesh', 'service'), (one, other, preset) => {
      expect(canMeet(one, other, preset)).toBe(canMeet(other, one, preset));
    }),
  );
});
