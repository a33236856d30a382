import { describe, expect, it, vi } from 'vitest';
import { createRequests } from './requests.ts';

const pendingFrom = (peer: number) => ({
  expects: (from: number) => from === peer,
  accept: vi.fn(),
  fail: vi.fn(),
});

describe('requests', () => {
  it('wrap their 16-bit numbers around those still in use', () => {
    const requests = createRequests();
    const first = requests.open(pendingFrom(1));
    const seen = new Set<number>();
    for (let turn = 0; turn < 0x1_0000 - 1; turn++) seen.add(requests.skip());
    expect(seen.size).toBe(0x1_0000 - 1);
    expect(seen.has(first)).toBe(false);
    expect(Math.max(...[...seen].slice(-10), first)).toBeLessThan(0x1_0000);
    expect(requests.skip()).not.toBe(first);
  });

  it('refuse one more than there are numbers', () => {
    const requests = createRequests();
    const pending = pendingFrom(1);
    for (let turn = 0; turn < 0x1_0000; turn++) requests.open(pending);
    expect(() => requests.open(pendingFrom(1))).toThrow(expect.objectContaining({ code: 'no-memory' }));
  });

  it('take answers only from the peer that was asked', () => {
    const requests = createRequests();
    const pending = pendingFrom(7);
    const seq = requests.open(pending);
    expect(requests.dispatch({ type: 1, seq, peer: 8 })).toBe(false);
    expect(requests.dispatch({ type: 1, seq, peer: 7 })).toBe(true);
    requests.close(seq);
    expect(requests.dispatch({ type: 1, seq, peer: 7 })).toBe(false);
    expect(pending.accept).toHaveBeenCalledTimes(1);
  });

  it('all fail when the connection ends', () => {
    const requests = createRequests();
    const pending = pendingFrom(7);
    requests.open(pending);
    requests.failAll(new Error('gone'));
    expect(pending.fail).toHaveBeenCalledWith(new Error('gone'));
  });
});
