/** ar(5) archives, which a .deb is. */

/** One member; the name is at most 15 characters. */
export interface ArMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const encodeMember = ({ name, bytes }: ArMember, epochSec: number): readonly Uint8Array[] => {
  if (!/^[a-z0-9.-]{1,15}$/.test(name)) throw new RangeError(`Not a name in an ar archive: ${name}`);
  const fields = [
    [name, 16],
    [String(epochSec), 12],
    ['0', 6],
    ['0', 6],
    ['100644', 8],
    [String(bytes.length), 10],
  ] as const;
  const header = fields.map(([text, width]) => text.padEnd(width)).join('');
  const padding = bytes.length % 2 === 0 ? '' : '\n';
  return [Buffer.from(`${header}\`\n`), bytes, Buffer.from(padding)];
};

/** Writes the members in the order given. */
export const encodeAr = (members: readonly ArMember[], epochSec: number): Uint8Array =>
  Buffer.concat([Buffer.from('!<arch>\n'), ...members.flatMap((member) => encodeMember(member, epochSec))]);
