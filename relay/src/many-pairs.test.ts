import { describe, expect, it } from 'vitest';
import { at, createBeaconFixture, type TestNode } from './testing/beacon-fixture.ts';
import {
  consumeResponse,
  encodeInitiation,
  encodeTimestamp,
  encodeTransport,
} from './testing/wireguard-initiator.ts';
import { isWebSocket } from './types.ts';
import { RESPONSE, RESPONSE_SIZE_BYTES, writeIndex } from './wireguard-messages.ts';

const PAIRS = 200;
const ROUNDS = 3;
/** All rounds fit into the time for which a greeting holds. */
const BETWEEN_ROUNDS_MS = 50_000;

describe('many pairs through one relay', () => {
  it('renew all their sessions within a second, again and again, and lose nothing', async () => {
    const fixture = createBeaconFixture({
      initiationsPerPrefix: { perSec: 10_000, burst: 10_000 },
      initiations: { perSec: 10_000, burst: 10_000 },
    });
    const { beacon, clock } = fixture;
    const endpointOf = (index: number) => at(`198.51.${index >> 8}.${index & 0xff}`, 40_000);
    const nodes: TestNode[] = Array.from({ length: 2 * PAIRS }, (_, index) => fixture.enrol(`n${index}`));
    for (const [index, node] of nodes.entries()) {
      const begun = fixture.begin(node);
      const [reply] = fixture.send(begun.bytes, endpointOf(index));
      fixture.send(encodeTransport(consumeResponse(node.keys, begun, reply!.bytes)!, 0), endpointOf(index));
    }

    let nextIndex = 1;
    let sent = 0;
    let arrived = 0;
    const pass = (bytes: Uint8Array, from: number, to: number): void => {
      sent++;
      const [out] = fixture.send(bytes, endpointOf(from));
      if (out !== undefined && !isWebSocket(out.to) && out.to.address === endpointOf(to).address) arrived++;
    };
    const data = (receiver: number) =>
      encodeTransport(
        { ownIndex: 0, peerIndex: receiver, sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32) },
        0,
      );
    const former = new Map<number, readonly [number, number]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (let pair = 0; pair < PAIRS; pair++) {
        const [one, other] = [2 * pair, 2 * pair + 1];
        // Both ends may find at the same time that the session is old.
        const ends = [
          [one, other],
          [other, one],
        ] as const;
        for (const [from, to] of ends) {
          const [sender, receiver] = [nextIndex++, nextIndex++];
          const timestamp = encodeTimestamp(clock.wallMs() + pair);
          const peer = nodes[to]!.keys.publicBytes;
          pass(encodeInitiation(nodes[from]!.keys, peer, sender, timestamp).bytes, from, to);
          const response = new Uint8Array(RESPONSE_SIZE_BYTES);
          response[0] = 2;
          writeIndex(response, RESPONSE.sender, receiver);
          writeIndex(response, RESPONSE.receiver, sender);
          pass(response, to, from);
          pass(data(receiver), from, to);
          pass(data(sender), to, from);
          // What is still on its way in the session before.
          const before = former.get(from);
          if (before !== undefined) pass(data(before[1]), from, to);
          former.set(from, [sender, receiver]);
        }
      }
      await clock.advance(BETWEEN_ROUNDS_MS);
      beacon.sweep();
    }
    expect(sent).toBe(2 * PAIRS * (4 * ROUNDS + ROUNDS - 1));
    expect(arrived).toBe(sent);
  }, 30_000);
});
