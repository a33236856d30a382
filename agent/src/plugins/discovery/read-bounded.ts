/** Files of other programs: read whole, but never more than expected. */
import { open } from 'node:fs/promises';

/** The first `limitBytes` of the file; `undefined` where it is not there or cannot be read. */
export const readBounded = async (path: string, limitBytes: number): Promise<Buffer | undefined> => {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, limitBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
};
