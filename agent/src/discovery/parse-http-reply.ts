/** The first bytes of an HTTP answer: enough to say what a device is. Bytes come from strangers. */
import { decodeEntities } from '../strangers/decode-entities.ts';
import { decodeText } from '../strangers/http-message.ts';
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** What an answer told; texts are clean. */
export interface HttpReply {
  readonly status: number;
  readonly server?: string;
  readonly title?: string;
  /** The server spoke HTTP but wants TLS on this port. */
  readonly wantsTls: boolean;
}

const MAX_TITLE_CHARS = 400;

const headerOf = (head: string, name: string): string | undefined =>
  sanitizeText(new RegExp(`^${name}:[ \\t]*([^\\r\\n]{0,400})`, 'im').exec(head)?.[1] ?? '');

/** `undefined` where the bytes are no HTTP answer (RFC 9112 section 4). */
export const parseHttpReply = (bytes: Uint8Array): HttpReply | undefined => {
  const text = decodeText(bytes);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (status === undefined) return undefined;
  const blank = text.search(/\r?\n\r?\n/);
  const [head, body] = blank < 0 ? [text, ''] : [text.slice(0, blank), text.slice(blank)];
  const server = headerOf(head, 'server');
  const raw = new RegExp(`<title[^>]{0,200}>([^<]{0,${MAX_TITLE_CHARS}})`, 'i').exec(body)?.[1];
  const title = sanitizeText(decodeEntities(raw ?? ''));
  return {
    status: Number(status),
    ...(server === undefined ? {} : { server }),
    ...(title === undefined ? {} : { title }),
    wantsTls: status === '400' && /https/i.test(body.slice(0, 2000)),
  };
};

/** RTSP answers as HTTP does (RFC 2326 section 7); the server's name, or an empty object. */
export const parseRtspReply = (bytes: Uint8Array): { readonly server?: string } | undefined => {
  const text = decodeText(bytes);
  if (!/^RTSP\/\d\.\d \d{3}/.test(text)) return undefined;
  const server = headerOf(text, 'server');
  return server === undefined ? {} : { server };
};
