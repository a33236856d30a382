import { decodeProbe, encodeEcho, PROBE_SIZE_BYTES } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { at, createBeaconFixture } from './testing/beacon-fixture.ts';

const A = at('198.51.100.7', 40_001);
const STRANGER = at('203.0.113.9', 40_002);
const ECHO = encodeEcho('0123456789abcdef');

const setUp = async () => {
  const fixture = createBeaconFixture();
  const a = fixture.enrol('a');
  await fixture.greet(a, A);
  return { ...fixture, a };
};

describe('echo', () => {
  it('goes back to a node where it was seen, no larger than it came', async () => {
    const { send } = await setUp();
    const [answer] = send(ECHO, A);
    expect(answer?.to).toEqual(A);
    expect(answer?.bytes).toHaveLength(PROBE_SIZE_BYTES);
    expect(decodeProbe(answer!.bytes)).toMatchObject({ type: 'echoed', nonce: '0123456789abcdef' });
  });

  it('is kept from strangers, from a node that was removed, and from its own answers', async () => {
    const { send, nodes, beacon } = await setUp();
    expect(send(ECHO, STRANGER)).toEqual([]);
    const [answer] = send(ECHO, A);
    expect(send(answer!.bytes, A)).toEqual([]);
    nodes.length = 0;
    expect(send(ECHO, A)).toEqual([]);
    expect(beacon.stats().drops).toMatchObject({
      'unknown-source': 1,
      'not-wireguard': 1,
      'unknown-node': 1,
    });
  });

  it('is answered only so often', async () => {
    const { send, clock } = await setUp();
    const count = (tries: number) => Array.from({ length: tries }, () => send(ECHO, A)).flat().length;
    expect(count(50)).toBe(20);
    await clock.advance(1_000);
    expect(count(50)).toBe(10);
  });
});
