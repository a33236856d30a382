import { deflateRawSync, gzipSync } from 'node:zlib';

const LEVEL = 9;
/** RFC 1952, section 2.3.1: the system that wrote it. zlib puts its own there; a package must not depend on it. */
const OS_OFFSET = 9;
const OS_UNIX = 3;

/** gzip without a time or a name, so that the same bytes always give the same bytes. */
export const gzipSame = (bytes: Uint8Array): Uint8Array => {
  const result = gzipSync(bytes, { level: LEVEL });
  result[OS_OFFSET] = OS_UNIX;
  return result;
};

/** Raw deflate, RFC 1951. */
export const deflateSame = (bytes: Uint8Array): Uint8Array => deflateRawSync(bytes, { level: LEVEL });
