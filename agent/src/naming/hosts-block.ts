/**
 * Our block in a hosts file. Invariant: everything outside the block stays as it is, byte for byte, and removing the
 * block gives back the file as it was before there was one. Pure; text is latin1, so that any bytes survive.
 */
import type { Ip } from '@sidegate/protocol';

const BEGIN = '# BEGIN sidegate (written by the agent; changes in here are lost)';
/** Says that the line break before the block is ours too: the file did not end with one. */
const BEGIN_JOINED =
  '# BEGIN sidegate (written by the agent; changes in here are lost; the line break above too)';
const END = '# END sidegate';

/** RFC 1123 host names: nothing that could end a line or begin a comment. */
const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** A name and where it leads. */
export interface HostsEntry {
  readonly name: string;
  readonly address: Ip;
}

/** Cuts our block out. A block without its end is only its first line: the rest may be a person's. */
const cutBlock = (text: string): string => {
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line === BEGIN || line === BEGIN_JOINED);
  if (begin < 0) return text;
  const end = lines.indexOf(END, begin);
  const before = lines.slice(0, begin).join('\n');
  const after = lines.slice((end < 0 ? begin : end) + 1).join('\n');
  const isJoined = lines[begin] === BEGIN_JOINED && after === '';
  return before === '' && begin === 0 ? after : `${before}${isJoined ? '' : '\n'}${after}`;
};

/** Replaces our block by one of these entries, at the end of the file; without entries there is none. */
export const replaceHostsBlock = (text: string, entries: readonly HostsEntry[]): string => {
  let rest = text;
  for (let next = cutBlock(rest); next !== rest; next = cutBlock(rest)) rest = next;
  const lines = entries
    .filter(({ name }) => NAME.test(name))
    .map(({ name, address }) => `${address} ${name}`);
  if (lines.length === 0) return rest;
  const isJoined = rest !== '' && !rest.endsWith('\n');
  const block = [isJoined ? BEGIN_JOINED : BEGIN, ...lines, END, ''].join('\n');
  return `${rest}${isJoined ? '\n' : ''}${block}`;
};
