import { describe, expect, it } from 'vitest';
import { open } from './aead.ts';
import { importKeyPair, importPublicKey, sharedSecret } from './key-pair.ts';
import { consumeInitiation, createIdentity, encodeResponse, prepareMac1Key } from './responder.ts';
import { TRANSPORT_HEADER_SIZE_BYTES } from './wireguard-messages.ts';

/*
 * Recorded on the wire: Debian's wireguard-go with private key 33..33, talking to this responder with private key
 * 11..11 and ephemeral key 44..44. That it went on to the third message shows that it took the second.
 */
const INITIATION = Buffer.from(
  '010000004cc1e8704aa5983694186978b4af1349bfb2bd3ed1c96724b70a1e0bc84c3bc42ed2127d93f48992923af089' +
    '18b8aabfe2e3b59d0568aae4d361fc6fb5dc75c7aa62a5018910673136cd093807402c82898b436f186e53449d734294' +
    '2c3f4c4a15dd98282608c494ae17b075ba9ad3ddef5bb461efa0d3ea5a2e8bd00cd7ebb8000000000000000000000000' +
    '00000000',
  'hex',
);
const RESPONSE = Buffer.from(
  '02000000555555554cc1e870ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6b4bef1c40' +
    '88c0cd7822c20710a5b30fe9f2989824487d18cdb0ee219392626c8d00000000000000000000000000000000',
  'hex',
);
const KEEPALIVE = Buffer.from('04000000555555550000000000000000b1a535f6d833094b712362b3b8682f8e', 'hex');
const OWN_INDEX = 0x55555555;

const identityKeys = importKeyPair(new Uint8Array(32).fill(0x11));
const identity = createIdentity(identityKeys);
const node = importKeyPair(new Uint8Array(32).fill(0x33));
const ephemeral = importKeyPair(new Uint8Array(32).fill(0x44));
const staticKey = importPublicKey(node.publicBytes);
const initiator = {
  staticKey,
  staticSecret: sharedSecret(identityKeys.privateKey, staticKey)!,
  mac1Key: prepareMac1Key(node.publicBytes),
};

const consume = (bytes: Uint8Array) => {
  const consumed = consumeInitiation(identity, bytes, () => initiator);
  if (typeof consumed === 'string') throw new Error(consumed);
  return consumed;
};

describe('responder', () => {
  it('reads who and when out of a recorded initiation', () => {
    const keys: string[] = [];
    const consumed = consumeInitiation(identity, INITIATION, (key) => {
      keys.push(key);
      return initiator;
    });
    expect(keys).toEqual([Buffer.from(node.publicBytes).toString('base64')]);
    // TAI64N: 2^62 and seconds since 1970 (whitepaper section 5.1); the recording is from November 2026.
    const timestamp = Buffer.from((consumed as ReturnType<typeof consume>).timestamp);
    expect(new Date(Number(timestamp.readBigUInt64BE(0) - 2n ** 62n) * 1000).toISOString()).toMatch(
      /^2026-11/,
    );
  });

  it('answers it with the recorded response', () => {
    const response = encodeResponse(consume(INITIATION), OWN_INDEX, ephemeral)!;
    expect(Buffer.from(response.bytes).toString('hex')).toBe(RESPONSE.toString('hex'));
  });

  it('comes to the key that the recorded keepalive is sealed with', () => {
    const { receiveKey } = encodeResponse(consume(INITIATION), OWN_INDEX, ephemeral)!;
    const sealed = KEEPALIVE.subarray(TRANSPORT_HEADER_SIZE_BYTES);
    expect(open(receiveKey, 0, sealed, new Uint8Array(0))).toEqual(new Uint8Array(0));
  });

  it('answers an initiation that was made for another key with nothing', () => {
    const other = createIdentity(importKeyPair(new Uint8Array(32).fill(0x22)));
    expect(consumeInitiation(other, INITIATION, () => initiator)).toBe('bad-handshake');
  });
});
