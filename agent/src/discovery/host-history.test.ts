import type { HostId, Ip4, Mac, ScopeId } from '@sidegate/protocol';
import { describe, expect, it } from 'vitest';
import { createHostBook } from './host-book.ts';
import { changesSince } from './host-history.ts';
import type { Observation } from './observation.ts';

const SCOPE = 'c_aaaaaaaaaaaaaaaa' as ScopeId;
const [CAMERA, PHONE] = ['44:47:cc:00:00:01' as Mac, '3c:2a:f4:00:00:02' as Mac];
const address = (last: number) => `192.168.1.${last}` as Ip4;

describe('changes since somebody looked', () => {
  const newBook = () => createHostBook(() => undefined);
  const see = (at: number, mac: Mac, last: number): Observation => ({
    source: 'arp',
    scopeId: SCOPE,
    at,
    mac,
    address: address(last),
  });
  const scanned = (book: ReturnType<typeof newBook>, startedAt: number) =>
    book.endScan({ scopeId: SCOPE, startedAt, sawServices: false });
  const told = (book: ReturnType<typeof newBook>, since: number) =>
    changesSince(book.list(), since).changes.map(({ what, from, to }) =>
      [what, from, to].filter((part) => part !== undefined).join(' '),
    );

  it('names who is new, gone, back and moved', () => {
    const book = newBook();
    book.observe(see(10, CAMERA, 20));
    scanned(book, 5);
    expect(told(book, 0)).toEqual(['new 192.168.1.20']);
    expect(told(book, 15)).toEqual([]);
    book.observe(see(20, PHONE, 30));
    book.observe(see(20, CAMERA, 21));
    scanned(book, 20);
    expect(told(book, 15)).toEqual(['moved 192.168.1.20 192.168.1.21', 'new 192.168.1.30']);
    book.observe(see(30, PHONE, 30));
    scanned(book, 30);
    expect(told(book, 25)).toEqual(['gone 192.168.1.21']);
    book.observe(see(40, CAMERA, 21));
    expect(told(book, 35)).toEqual(['back 192.168.1.21']);
  });

  it('is silent about who came back to where it was', () => {
    const book = newBook();
    book.observe(see(10, CAMERA, 20));
    book.observe(see(10, PHONE, 30));
    for (const at of [20, 30, 40, 50, 60]) {
      book.observe(see(at, PHONE, 30));
      scanned(book, at);
      book.observe(see(at + 5, CAMERA, 20));
    }
    expect(told(book, 15)).toEqual([]);
  });

  it('keeps a bounded history, and says nothing of hearsay', () => {
    const book = newBook();
    book.observe({ ...see(1, PHONE, 30), isSighting: false });
    expect(book.list()[0]?.history).toBeUndefined();
    for (let at = 10; at < 1_000; at += 10) {
      book.observe(see(at, CAMERA, 20));
      scanned(book, at + 5);
    }
    expect(book.list().find(({ mac }) => mac === CAMERA)?.history).toHaveLength(16);
    expect(changesSince(book.list(), 0).changes.map(({ hostId }) => hostId as HostId)).toHaveLength(1);
  });
});
