import { describe, expect, it } from 'vitest';
import type { Files } from '../../ports/index.ts';

/** Fresh directories for each test. */
export interface FilesHarness extends AsyncDisposable {
  readonly files: Files;
}

/** Adds the suite of files. */
export const describeFiles = (title: string, open: () => Promise<FilesHarness>): void => {
  describe(`${title} keeps files`, () => {
    it('reads what was written, replaces it, and knows no other', async () => {
      await using machine = await open();
      const { files } = machine;
      expect(await files.readText('state', 'identity.json')).toBeUndefined();
      await files.writeText('state', 'identity.json', 'one', { secret: true });
      await files.writeText('state', 'identity.json', 'two: ü\n', { secret: true });
      expect(await files.readText('state', 'identity.json')).toBe('two: ü\n');
      expect(await files.readText('runtime', 'identity.json')).toBeUndefined();
    });

    it('removes a file, and one that is not there', async () => {
      await using machine = await open();
      const { files } = machine;
      await files.writeText('runtime', 'a.json', '{}');
      await files.remove('runtime', 'a.json');
      await files.remove('runtime', 'a.json');
      expect(await files.readText('runtime', 'a.json')).toBeUndefined();
    });

    it.each(['../x', '/etc/passwd', '', '.hidden', 'a/b', 'a\0b'])('refuses the name %j', async (name) => {
      await using machine = await open();
      await expect((async () => machine.files.readText('state', name))()).rejects.toThrow(RangeError);
      await expect(machine.files.writeText('state', name, '')).rejects.toThrow(RangeError);
    });
  });
};
