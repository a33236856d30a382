import type { NodeRole, UserId, UserRole } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import { canAdministrate, canAssignRole, canEnrol, canSeeNode } from './roles.ts';

const [me, other] = ['u_me', 'u_other'] as unknown as [UserId, UserId];
const ROLES: readonly UserRole[] = ['owner', 'admin', 'technician', 'member'];
const NODES: readonly NodeRole[] = ['edge', 'client', 'relay'];
const allowed = <T>(all: readonly T[], is: (one: T) => boolean): readonly T[] => all.filter(is);

test.each([
  ['owner', ['edge', 'client', 'relay']],
  ['admin', ['edge', 'client', 'relay']],
  ['technician', ['edge']],
  ['member', []],
] as const)('of what is not theirs, a %s sees %j', (role, expected) => {
  expect(allowed(NODES, (node) => canSeeNode({ id: me, role }, { role: node, ownerId: other }))).toEqual(
    expected,
  );
});

test('everybody sees what is theirs', () => {
  for (const role of ROLES) {
    expect(allowed(NODES, (node) => canSeeNode({ id: me, role }, { role: node, ownerId: me }))).toEqual(
      NODES,
    );
  }
});

test.each([
  ['owner', ['edge', 'client', 'relay']],
  ['admin', ['edge', 'client', 'relay']],
  ['technician', ['edge', 'client']],
  ['member', ['client']],
] as const)('a %s lets in %j', (role, expected) => {
  expect(allowed(NODES, (node) => canEnrol({ id: me, role }, node))).toEqual(expected);
});

test('owners and administrators see people; only owners make owners', () => {
  expect(allowed(ROLES, (role) => canAdministrate({ id: me, role }))).toEqual(['owner', 'admin']);
  expect(allowed(ROLES, (role) => canAssignRole({ id: me, role: 'owner' }, role))).toEqual(ROLES);
  expect(allowed(ROLES, (role) => canAssignRole({ id: me, role: 'admin' }, role))).toEqual(ROLES.slice(1));
  expect(allowed(ROLES, (role) => canAssignRole({ id: me, role: 'technician' }, role))).toEqual([]);
});
