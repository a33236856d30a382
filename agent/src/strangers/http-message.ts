/** HTTP answers of strangers, split up and no more: bounded by whoever read them. */

/** UTF-8 where it is valid, else Latin-1, which old cameras speak. */
export const decodeText = (bytes: Uint8Array): string => {
  const utf8 = new TextDecoder('utf-8').decode(bytes);
  return utf8.includes('\ufffd') ? Buffer.from(bytes).toString('latin1') : utf8;
};

/** An answer that came whole, or as far as somebody listened. */
export interface HttpMessage {
  readonly status: number;
  readonly body: string;
}

/** `undefined` where the bytes are no HTTP answer with an end of its head (RFC 9112 section 4). */
export const parseHttpMessage = (bytes: Uint8Array): HttpMessage | undefined => {
  const text = decodeText(bytes);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  const blank = /\r?\n\r?\n/.exec(text);
  if (status === undefined || blank === null) return undefined;
  return { status: Number(status), body: text.slice(blank.index + blank[0].length) };
};

/** The body of an answer that is a plain success: a redirect has none, whatever it carries. */
export const parseHttpBody = (bytes: Uint8Array): string | undefined => {
  const message = parseHttpMessage(bytes);
  return message?.status === 200 ? message.body : undefined;
};
