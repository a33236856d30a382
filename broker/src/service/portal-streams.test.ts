import { PORTAL_EVENTS, type PortalEvent } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createTestWorld,
  describeCheckIn,
  describeNode,
  type TestService,
} from './testing/create-test-service.ts';

const { current, open, seeAt, stop } = createTestWorld();
afterEach(stop);

describe('the live list', () => {
  const watchPortal = (actor: Parameters<TestService['service']['portalStreams']['open']>[0]) => {
    const events: PortalEvent[] = [];
    let isClosed = false;
    current().service.portalStreams.open(actor, current().clock.wallMs() + 60_000, {
      send: (event) => void events.push(event),
      close: () => {
        isClosed = true;
      },
    });
    return { events, isClosed: () => isClosed };
  };

  test('changes reach those who may see the node, gathered', async () => {
    const { owner, addUser, addNode, service, clock } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const [technician, member] = [
      watchPortal(await addUser('technician')),
      watchPortal(await addUser('member')),
    ];
    seeAt(alder, '198.51.100.7:40001');
    service.checkIn(alder, describeCheckIn());
    await clock.advance(100);
    expect(technician.events).toHaveLength(1);
    expect(v.parse(PORTAL_EVENTS['node.changed'], technician.events[0]!.data)).toMatchObject({
      online: true,
      endpoint: '198.51.100.7:40001',
    });
    expect(member.events).toEqual([]);
    await service.nodes.remove(owner, alder.id);
    expect(technician.events.at(-1)).toEqual({ event: 'node.removed', data: { id: alder.id } });
  });

  test('a waiting machine is announced to those who may let it in', async () => {
    const { addUser, service } = await open();
    const [technician, member] = [
      watchPortal(await addUser('technician')),
      watchPortal(await addUser('member')),
    ];
    const { code } = await service.requests.create(describeNode(), '192.0.2.9');
    expect(technician.events).toMatchObject([{ event: 'enrolment.requested', data: { code } }]);
    expect(member.events).toEqual([]);
  });

  test('ends when the session does, or the rights change', async () => {
    const { owner, addUser, service, clock } = await open();
    const person = await addUser('technician');
    const [one, other] = [watchPortal(person), watchPortal(owner)];
    await service.users.update(owner, person.id, { role: 'member' });
    expect([one.isClosed(), other.isClosed()]).toEqual([true, false]);
    await clock.advance(60_000);
    expect(other.isClosed()).toBe(true);
  });
});
