import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasConntrackRoom } from './conntrack-room.ts';

describe('hasConntrackRoom', () => {
  it.each([
    ['100', '1000', true],
    ['749', '1000', true],
    ['750', '1000', false],
    ['1000', '1000', false],
    ['', '1000', true],
    ['5', '0', true],
  ])('%s of %s: %s', async (count, limit, expected) => {
    const directory = await mkdtemp(join(tmpdir(), 'conntrack-'));
    await writeFile(join(directory, 'nf_conntrack_count'), count);
    await writeFile(join(directory, 'nf_conntrack_max'), limit);
    expect(await hasConntrackRoom(directory)).toBe(expected);
    await rm(directory, { recursive: true });
  });

  it('has room where nothing is tracked', async () => {
    expect(await hasConntrackRoom('/nonexistent')).toBe(true);
  });
});
