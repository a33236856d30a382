import { NODE_EVENTS } from '@sidegate/protocol';
import * as v from 'valibot';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestWorld } from './testing/create-test-service.ts';

const { current, open, seeAt, stop } = createTestWorld();
afterEach(stop);

describe('punching', () => {
  const setUp = async () => {
    const { owner, addUser, addNode, watch } = await open();
    const alder = await addNode(owner, 'edge', 'alder');
    const birch = await addNode(owner, 'edge', 'birch');
    const laptop = await addNode(await addUser('technician'), 'client', 'laptop');
    seeAt(alder, '198.51.100.7:40001');
    seeAt(laptop, '192.0.2.1:40002');
    return { alder, birch, laptop, watch };
  };

  test("both sides get one session and each other's candidates", async () => {
    const { alder, laptop, watch } = await setUp();
    const [onAlder, onLaptop] = [watch(alder), watch(laptop)];
    current().service.punch(laptop, alder.id);
    const [toAlder, toLaptop] = [onAlder, onLaptop].map(({ events }) =>
      v.parse(NODE_EVENTS.punch, events.at(-1)?.data),
    );
    expect(toAlder).toMatchObject({ peer: laptop.id, candidates: [{ endpoint: '192.0.2.1:40002' }] });
    expect(toLaptop).toMatchObject({ peer: alder.id, candidates: [{ endpoint: '198.51.100.7:40001' }] });
    expect(toAlder!.session).toBe(toLaptop!.session);
  });

  test('is refused where policy forbids it, the peer is away, or it comes too often', async () => {
    const { alder, birch, laptop, watch } = await setUp();
    const { events } = watch(alder);
    const count = events.length;
    expect(() => current().service.punch(alder, birch.id)).toThrow(
      expect.objectContaining({ code: 'PEER_NOT_PERMITTED' }),
    );
    expect(() => current().service.punch(alder, laptop.id)).toThrow(
      expect.objectContaining({ code: 'PEER_OFFLINE' }),
    );
    expect(events.length).toBe(count);
    watch(laptop);
    const punches = Array.from({ length: 6 }, () => {
      try {
        current().service.punch(laptop, alder.id);
        return 'sent';
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(punches.slice(-2)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
  });
});
