/** What the system says of itself in small files. */
import { readFile } from 'node:fs/promises';

/** The text without white space around it; `otherwise` where it cannot be read. */
export const readTextOr = (path: string, otherwise: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => otherwise,
  );
