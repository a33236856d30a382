import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpReply, parseRtspReply } from './parse-http-reply.ts';

const reply = (text: string) => parseHttpReply(Buffer.from(text));

describe('parseHttpReply', () => {
  it('finds status, server and title', () => {
    const text =
      'HTTP/1.1 200 OK\r\nServer: App-webs/\r\nX: y\r\n\r\n<html><TITLE lang=en> IP &amp; CAMERA&#33;\n</TITLE>';
    expect(reply(text)).toEqual({ status: 200, server: 'App-webs/', title: 'IP & CAMERA!', wantsTls: false });
  });

  it('reads titles of old devices, which are in Latin-1', () => {
    const bytes = Buffer.from('HTTP/1.0 200 OK\r\n\r\n<title>K\xfcche</title>', 'latin1');
    expect(parseHttpReply(bytes)?.title).toBe('Küche');
  });

  it('knows a server that wants TLS', () => {
    const text = 'HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port';
    expect(reply(text)?.wantsTls).toBe(true);
  });

  it('takes no header from the body, and no title from the head', () => {
    const text = 'HTTP/1.1 200 OK\r\nX-Title: <title>no</title>\r\n\r\nServer: evil\r\n';
    expect(reply(text)).toEqual({ status: 200, wantsTls: false });
  });

  it('is silent about other protocols', () => {
    expect(reply('SSH-2.0-OpenSSH_9.2')).toBeUndefined();
    expect(reply('')).toBeUndefined();
  });

  it('takes any bytes, quickly, and gives clean text', () => {
    const bytes = fc.uint8Array({ maxLength: 4_000 });
    fc.assert(
      fc.property(bytes, fc.boolean(), (noise, asBody) => {
        const head = Buffer.from(asBody ? 'HTTP/1.1 200 OK\r\nServer: ' : 'HTTP/1.1 200 OK\r\n\r\n<title>');
        const parsed = parseHttpReply(Buffer.concat([head, noise]));
        for (const text of [parsed?.title, parsed?.server]) {
          if (text !== undefined) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
          expect(text?.length ?? 0).toBeLessThanOrEqual(80);
        }
        parseHttpReply(noise);
        parseRtspReply(noise);
      }),
    );
  });
});

describe('parseRtspReply', () => {
  it('finds the server', () => {
    expect(
      parseRtspReply(Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server/3.0\r\n\r\n')),
    ).toEqual({
      server: 'Rtsp Server/3.0',
    });
    expect(parseRtspReply(Buffer.from('RTSP/1.0 401 Unauthorized\r\n\r\n'))).toEqual({});
    expect(parseRtspReply(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))).toBeUndefined();
  });
});
