/** The node's WireGuard keys: made here, the private one leaves this machine never and this process only for `wg`. */
import { createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { Secret } from '@sidegate/kit';
import type { PublicKey } from '@sidegate/protocol';

/** DER around 32 raw bytes (RFC 8410 section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The public key that belongs to a private one. */
export const publicKeyOf = (privateKey: Secret): PublicKey => {
  const der = Buffer.concat([PKCS8_HEAD, Buffer.from(privateKey.reveal(), 'base64')]);
  const key = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64') as PublicKey;
};

/** A new private key, clamped as `wg genkey` does (RFC 7748 section 5), base64. */
export const createPrivateWireGuardKey = (): Secret => {
  const bytes = randomBytes(32);
  bytes[0]! &= 248;
  bytes[31] = (bytes[31]! & 127) | 64;
  return new Secret(bytes.toString('base64'));
};

const FIRST_PORT = 20_000;
const PORT_COUNT = 40_000;
/** WireGuard's customary port: two nodes with one port behind one NAT get a random one, new for each destination. */
const CUSTOMARY_PORT = 51_820;

/** The port to listen on: stable for a key, different from node to node. `attempt` counts ports that were taken. */
export const deriveListenPort = (publicKey: PublicKey, attempt = 0): number => {
  const start = createHash('sha256').update(publicKey).digest().readUInt32BE(0);
  const port = FIRST_PORT + ((start + attempt) % PORT_COUNT);
  return port === CUSTOMARY_PORT ? deriveListenPort(publicKey, attempt + PORT_COUNT / 2) : port;
};
