import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEdgePort, edgePortCandidates } from './choose-edge-port.ts';

describe('chooseEdgePort', () => {
  it('gives usable ports only, each once in its family, for every target', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.option(fc.string()), (port, name) => {
        const candidates = [...edgePortCandidates({ port, name: name ?? undefined })];
        expect(candidates.length).toBeGreaterThan(1000);
        expect(candidates.every((one) => one >= 1024 && one <= 65_535)).toBe(true);
      }),
    );
  });

  it('says so when nothing is free', () => {
    expect(chooseEdgePort({ port: 80 }, () => true)).toBeUndefined();
  });
});
