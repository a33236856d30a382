/** Devices with a stock WireGuard app: their key pair is made here and never leaves this browser but for its public half. */
import type { NewProfile, ProfileCreated } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';
import { ApiError } from '../../shared/data/api-error.ts';
import { t } from '../messages.ts';

/** Both halves, in base64 as WireGuard writes them. */
export interface DeviceKeys {
  readonly privateKey: string;
  readonly publicKey: NewProfile['publicKey'];
}

const toBase64 = (base64url: string): string => `${base64url.replaceAll('-', '+').replaceAll('_', '/')}=`;

/** A fresh X25519 key pair, or an error that says what the browser lacks. */
export const generateDeviceKeys = async (
  subtle: SubtleCrypto | null = globalThis.crypto?.subtle ?? null,
): Promise<DeviceKeys> => {
  // Browsers have it only where a page cannot have been changed on its way.
  if (subtle === null) throw new ApiError('BROWSER_INSECURE', t('device.insecure'));
  try {
    const pair = (await subtle.generateKey({ name: 'X25519' }, true, ['deriveBits'])) as CryptoKeyPair;
    const { d, x } = await subtle.exportKey('jwk', pair.privateKey);
    return { privateKey: toBase64(d!), publicKey: toBase64(x!) as DeviceKeys['publicKey'] };
  } catch (cause) {
    throw new ApiError('BROWSER_TOO_OLD', t('device.too-old'), { cause });
  }
};

export const createProfile = (api: ApiClient, profile: NewProfile): Promise<ProfileCreated> =>
  api.post('/profiles', profile);

/** The same device with another key: what it had before stops working. */
export const renewProfile = (
  api: ApiClient,
  id: string,
  publicKey: DeviceKeys['publicKey'],
): Promise<ProfileCreated> => api.post(`/profiles/${id}/renew`, { publicKey });
