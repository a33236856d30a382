import { afterEach, describe, expect, test } from 'vitest';
import { createTestWorld } from './testing/create-test-service.ts';

const { mapOf, open, stop } = createTestWorld();
afterEach(stop);

describe('people', () => {
  test('the last owner stays', async () => {
    const { owner, service } = await open();
    await expect(service.users.update(owner, owner.id, { role: 'member' })).rejects.toMatchObject({
      code: 'LAST_OWNER',
    });
    await expect(service.users.remove(owner, owner.id)).rejects.toMatchObject({ code: 'LAST_OWNER' });
  });

  test("somebody who is removed takes their clients along; their edges stay, and reach nobody's map", async () => {
    const { owner, addUser, addNode, service } = await open();
    const technician = await addUser('technician');
    const edge = await addNode(technician, 'edge', 'alder');
    const laptop = await addNode(technician, 'client', 'laptop');
    await service.users.remove(owner, technician.id);
    expect(service.registry.find(laptop.id)).toBeUndefined();
    expect(service.nodes.list(owner).map(({ name, owner: who }) => [name, who])).toEqual([
      ['alder', undefined],
    ]);
    expect(mapOf(edge).peers).toEqual([]);
  });

  test('an administrator cannot lay hands on an owner', async () => {
    const { owner, addUser, service } = await open();
    const admin = await addUser('admin');
    for (const attempt of [
      () => service.users.update(admin, owner.id, { password: 'a new password' }),
      () => service.users.update(admin, admin.id, { role: 'owner' }),
      () => service.users.remove(admin, owner.id),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'ROLE_FORBIDDEN' });
    }
  });
});
