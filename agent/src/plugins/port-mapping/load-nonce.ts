/** PCP's mapping nonce: gateways let a mapping be changed only by who repeats it, so it has to outlive a crash. */
import { randomBytes } from 'node:crypto';
import { NONCE_BYTES } from '../../port-mapping/pcp.ts';
import type { Files } from '../../ports/index.ts';

const NAME = 'port-mapping-nonce';

/** The one of this installation, made and kept at first use. */
export const loadNonce = async (files: Files): Promise<Uint8Array> => {
  const text = (await files.readText('state', NAME))?.trim() ?? '';
  if (text.length === NONCE_BYTES * 2 && /^[0-9a-f]+$/.test(text)) return Buffer.from(text, 'hex');
  const nonce = randomBytes(NONCE_BYTES);
  await files.writeText('state', NAME, `${nonce.toString('hex')}\n`, { secret: true });
  return nonce;
};
