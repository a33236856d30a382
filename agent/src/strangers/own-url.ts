/** URLs that devices give out: believed only where they lead back to the device itself. */
import type { Ip4 } from '@sidegate/protocol';

/** What is needed to ask for it. */
export interface OwnUrl {
  readonly port: number;
  /** With the query. */
  readonly path: string;
}

const MAX_CHARS = 512;

/** `undefined` for anything but plain HTTP on the very address that said so: no name is ever looked up. */
export const parseOwnUrl = (text: string, owner: Ip4): OwnUrl | undefined => {
  if (text.length > MAX_CHARS || !/^http:\/\/\d/i.test(text) || !URL.canParse(text)) return undefined;
  const { hostname, port, pathname, search, username, password } = new URL(text);
  if (hostname !== owner || username !== '' || password !== '') return undefined;
  const number = port === '' ? 80 : Number(port);
  return number === 0 ? undefined : { port: number, path: pathname + search };
};
