/** What tests and benches elsewhere need to be a node: keys and the initiator's half of the handshake. */
export {
  encodePublicKey,
  generateKeyPair,
  importKeyPair,
  importPublicKey,
  type KeyPair,
} from '../key-pair.ts';
export * from './wireguard-initiator.ts';
