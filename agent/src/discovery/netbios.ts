/** NetBIOS node status (RFC 1002, sections 4.2.17 and 4.2.18): what a Windows machine or Samba calls itself. */
import { sanitizeText } from '../strangers/sanitize-text.ts';

/** RFC 1002, section 4.2: the name service's port. */
export const NETBIOS_PORT = 137;

const HEADER_BYTES = 12;
const TYPE_NBSTAT = 0x21;
const CLASS_IN = 1;
/** `*` and fifteen zeros, half-byte by half-byte onto letters (RFC 1001, section 14.1). */
const ANY_NAME = `CK${'A'.repeat(30)}`;
const ENTRY_BYTES = 18;
const NAME_BYTES = 15;
const GROUP_BIT = 0x8000;
const SUFFIX_WORKSTATION = 0x00;
const MAX_ENTRIES = 64;

/** The question for all names of whoever receives it. */
export const encodeNodeStatusRequest = (id: number): Uint8Array => {
  const bytes = Buffer.alloc(HEADER_BYTES + 1 + ANY_NAME.length + 1 + 4);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(1, 4);
  let at = bytes.writeUInt8(ANY_NAME.length, HEADER_BYTES);
  at += bytes.write(ANY_NAME, at, 'latin1') + 1;
  at = bytes.writeUInt16BE(TYPE_NBSTAT, at);
  bytes.writeUInt16BE(CLASS_IN, at);
  return bytes;
};

/** What an answer tells. */
export interface NodeStatus {
  readonly id: number;
  readonly name?: string;
  readonly workgroup?: string;
}

/** Past a name in a message; pointers end one (RFC 1035, section 4.1.4). */
const skipName = (bytes: Buffer, start: number): number | undefined => {
  for (let at = start; at < bytes.length; ) {
    const length = bytes[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
  return undefined;
};

const readEntries = (bytes: Buffer, start: number, count: number) =>
  Array.from({ length: Math.min(count, MAX_ENTRIES) }, (_, index) => {
    const entry = bytes.subarray(start + index * ENTRY_BYTES, start + (index + 1) * ENTRY_BYTES);
    if (entry.length < ENTRY_BYTES) return [];
    const name = sanitizeText(entry.subarray(0, NAME_BYTES).toString('latin1'), NAME_BYTES);
    const isGroup = (entry.readUInt16BE(NAME_BYTES + 1) & GROUP_BIT) !== 0;
    return name === undefined ? [] : [{ name, suffix: entry[NAME_BYTES]!, isGroup }];
  }).flat();

/** `undefined` where the bytes are no positive answer. */
export const decodeNodeStatus = (bytes: Uint8Array): NodeStatus | undefined => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < HEADER_BYTES) return undefined;
  const flags = view.readUInt16BE(2);
  const isAnswer = (flags & 0x8000) !== 0 && (flags & 0x0f) === 0;
  if (!isAnswer || view.readUInt16BE(4) !== 0 || view.readUInt16BE(6) === 0) return undefined;
  const record = skipName(view, HEADER_BYTES);
  if (record === undefined || record + 11 > view.length || view.readUInt16BE(record) !== TYPE_NBSTAT) {
    return undefined;
  }
  // Type, class, time to live and length: ten bytes, then the number of names.
  const entries = readEntries(view, record + 11, view[record + 10]!);
  const find = (isGroup: boolean) =>
    entries.find((entry) => entry.suffix === SUFFIX_WORKSTATION && entry.isGroup === isGroup)?.name;
  const [name, workgroup] = [find(false), find(true)];
  return {
    id: view.readUInt16BE(0),
    ...(name === undefined ? {} : { name }),
    ...(workgroup === undefined ? {} : { workgroup }),
  };
};
