import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSources } from './forwarding-api.ts';

describe('parseSources', () => {
  it('takes a bare word for a node', () => {
    expect(parseSources(['laptop', 'node:n_1', 'tag:support', 'user:anna', 'user:Bob B.'])).toEqual({
      allow: { nodes: ['laptop', 'n_1'], tags: ['support'], users: ['anna', 'Bob B.'] },
      unclear: [],
    });
  });

  it('says which words it cannot read', () => {
    const { allow, unclear } = parseSources(['', 'tag:', 'group:x', 'laptop', 'tag:a:b']);
    expect(unclear).toEqual(['', 'tag:', 'group:x', 'tag:a:b']);
    expect(allow).toEqual({ nodes: ['laptop'], tags: [], users: [] });
  });

  it('loses no word, whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^(node|tag|user):.{0,4}$/))), (words) => {
        const { allow, unclear } = parseSources(words);
        const counts = [allow.nodes, allow.tags, allow.users, unclear].map(({ length }) => length);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(words.length);
        expect(parseSources(unclear).allow).toEqual({ nodes: [], tags: [], users: [] });
      }),
    );
  });

  it('reads what it has read the same when each word says its kind', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const { allow } = parseSources(words);
        const named = (['node', 'tag', 'user'] as const).flatMap((kind) =>
          allow[`${kind}s`].map((name) => `${kind}:${name}`),
        );
        expect(parseSources(named)).toEqual({ allow, unclear: [] });
      }),
    );
  });
});
