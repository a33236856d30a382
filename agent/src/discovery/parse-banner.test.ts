import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBanner } from './parse-banner.ts';

describe('parseBanner', () => {
  it.each([
    ['SSH-2.0-dropbear_2022.83\r\n', { name: 'ssh', text: 'SSH-2.0-dropbear_2022.83' }],
    ['220 NAS FTP server ready.\r\n', { name: 'ftp', text: '220 NAS FTP server ready.' }],
    ['220 mail.example ESMTP\r\n', { name: 'smtp', text: '220 mail.example ESMTP' }],
    ['RFB 003.008\n', { name: 'vnc', text: 'RFB 003.008' }],
    ['\r\nlogin: ', { text: 'login:' }],
    ['', {}],
  ])('%j', (bytes, banner) => {
    expect(parseBanner(Buffer.from(bytes))).toEqual(banner);
  });

  it('knows telnet by its negotiation', () => {
    expect(parseBanner(Uint8Array.of(0xff, 0xfd, 0x18))).toEqual({ name: 'telnet' });
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseBanner(bytes).text ?? '').not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
