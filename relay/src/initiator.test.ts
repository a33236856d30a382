import { describe, expect, it } from 'vitest';
import { encodeKnock } from './initiator.ts';
import { encodePublicKey } from './key-pair.ts';
import { at, BEACON_PUBLIC, createBeaconFixture } from './testing/beacon-fixture.ts';
import { RESPONSE_SIZE_BYTES } from './wireguard-messages.ts';

const HOME = at('198.51.100.7', 40001);

describe('a knock', () => {
  it('is a handshake initiation in the name of its key', () => {
    const { nodes, createNode, send } = createBeaconFixture();
    const keys = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
    const knock = encodeKnock(keys, encodePublicKey(BEACON_PUBLIC[0]), 1_800_000_000_000, Math.random);
    expect(send(knock, HOME)).toEqual([]);
    const own = 'B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=' as never;
    nodes.push({ ...createNode('edge'), publicKey: own });
    expect(send(knock, HOME).map(({ bytes }) => bytes.length)).toEqual([RESPONSE_SIZE_BYTES]);
  });
});
