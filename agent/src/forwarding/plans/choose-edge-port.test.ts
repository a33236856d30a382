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

  it.each([
    [3389, undefined, [3389, 3390, 3391]],
    [5900, undefined, [5900, 5901, 5902]],
    [3399, 'ms-wbt-server', [3389, 3390, 3391]],
    [5901, undefined, [5901, 15_901, 20_001]],
  ])('counts remote desktops up: %i, %s', (port, name, first) => {
    expect([...edgePortCandidates({ port, name })].slice(0, 3)).toEqual(first);
  });

  it('says so when nothing is free', () => {
    expect(chooseEdgePort({ port: 80 }, () => true)).toBeUndefined();
  });
});
