/** One line of standard input; not echoed where a person types it. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Reads the password from a pipe, or asks for it. */
export const readPassword = async (
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  output: NodeJS.WritableStream,
): Promise<string> => {
  const isPerson = input.isTTY === true;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  if (isPerson) output.write('Password: ');
  const lines = createInterface({ input, output: silent, terminal: isPerson });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (isPerson) output.write('\n');
  }
};
