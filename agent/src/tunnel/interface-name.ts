import type { IfName } from '../ports/index.ts';

/** Text to an interface name, by the rules of Linux (`dev_valid_name`) and without what `ip` takes for an option. */
export const parseIfName = (text: string): IfName | undefined =>
  /^[^\s/:%-][^\s/:%]{0,14}$/.test(text) && text !== '.' && text !== '..' && Buffer.byteLength(text) <= 15
    ? (text as IfName)
    : undefined;
