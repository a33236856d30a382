import type { AccessEntry, Ip4 } from '@sidegate/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../ports/index.ts';
import { createAccessBook } from './access-book.ts';
import type { Access } from './identify-access.ts';
import { selectAccess } from './select-access.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 2, 12);

const connection = (sport: number, patch: Partial<Connection> = {}): Connection => ({
  key: `tcp ${sport}`,
  protocol: 'tcp',
  source: '100.64.0.2' as Ip4,
  destination: '100.64.0.1' as Ip4,
  port: 8001,
  idleMs: 0,
  isOver: false,
  ...patch,
});
const identify = ({ source, port }: Connection): Access | undefined =>
  port === 9999
    ? undefined
    : {
        kind: 'forward',
        publicationId: `f_${'a'.repeat(16)}` as Access['publicationId'],
        name: 'http://alder.acme.sidegate.internal:8001/',
        label: 'Camera',
        node: source === '100.64.0.2' ? 'laptop' : source,
        address: source,
      };
const ended = (sport: number, bytes?: number) =>
  connection(sport, { isOver: true, idleMs: 2 * MINUTE, ...(bytes === undefined ? {} : { bytes }) });

describe('the access book', () => {
  it('makes one visit of the connections of a browser', () => {
    const book = createAccessBook(identify);
    for (let at = 0; at < 50; at++) book.begin(connection(at), START + at * 10);
    expect(book.list()).toMatchObject([{ connections: 50, isOpen: true, node: 'laptop' }]);
    for (let at = 0; at < 50; at++) book.end(ended(at, 1_000), START + 3 * MINUTE);
    expect(book.list()).toEqual([
      {
        ...identify(connection(0)),
        services: ['tcp/8001'],
        firstAt: START,
        // The kernel remembers for two minutes what has ended.
        lastAt: START + MINUTE,
        isOpen: false,
        connections: 50,
        bytes: 50_000,
      },
    ]);
  });

  it('begins another visit after a pause, and for another machine', () => {
    const book = createAccessBook(identify);
    book.begin(connection(1), START);
    book.end(connection(1), START + 1_000);
    book.begin(connection(2), START + 4 * MINUTE);
    book.begin(connection(3, { source: '100.64.0.3' as Ip4 }), START + 5 * MINUTE);
    // Open all the time: no pause.
    book.begin(connection(4), START + 30 * MINUTE);
    book.end(connection(2), START + 31 * MINUTE);
    book.end(connection(4), START + 31 * MINUTE);
    book.begin(connection(5), START + 40 * MINUTE);
    expect(book.list().map(({ node, connections }) => [node, connections])).toEqual([
      ['laptop', 1],
      ['100.64.0.3', 1],
      ['laptop', 3],
    ]);
  });

  it('notes nothing of what is not published', () => {
    const book = createAccessBook(identify);
    book.begin(connection(1, { port: 9999 }), START);
    book.end(connection(1, { port: 9999 }), START);
    book.sync([connection(2, { port: 9999 })], START);
    expect(book.list()).toEqual([]);
  });

  it('names the first few services only', () => {
    const book = createAccessBook(identify);
    for (let port = 1; port <= 100; port++) book.begin(connection(port, { port }), START);
    const [entry] = book.list();
    expect(entry).toMatchObject({ connections: 100 });
    expect(entry!.services).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((port) => `tcp/${port}`));
  });

  it('makes up for what it missed', () => {
    const book = createAccessBook(identify);
    book.begin(connection(1), START);
    book.begin(connection(2, { source: '100.64.0.3' as Ip4 }), START);
    // The end of 2 and the beginning of 3 were lost.
    book.sync([connection(1, { bytes: 700 }), connection(3, { bytes: 50, isOver: true })], START + MINUTE);
    expect(book.list()).toMatchObject([
      { node: 'laptop', connections: 2, bytes: 750, isOpen: true },
      { node: '100.64.0.3', connections: 1, isOpen: false },
    ]);
    // What begins while the kernel is read is not in its answer.
    book.begin(connection(4, { source: '100.64.0.4' as Ip4 }), START + 2 * MINUTE);
    book.sync([], START + 2 * MINUTE);
    expect(book.list().map(({ isOpen }) => isOpen)).toEqual([true, false, false]);
  });

  it('goes on with a visit over a restart, counting each connection and byte once', () => {
    const first = createAccessBook(identify);
    first.begin(connection(1), START);
    first.begin(connection(2), START);
    first.end(ended(2, 300), START + 2 * MINUTE);
    first.sync([connection(1, { bytes: 5_000 })], START + 3 * MINUTE);
    const second = createAccessBook(identify);
    second.restore(first.kept());
    second.sync([connection(1, { bytes: 6_000 })], START + 60 * MINUTE);
    expect(second.list()).toMatchObject([{ connections: 2, bytes: 6_300, isOpen: true, firstAt: START }]);
    second.end(ended(1, 7_000), START + 70 * MINUTE);
    expect(second.list()).toMatchObject([{ connections: 2, bytes: 7_300, isOpen: false }]);
  });

  it('does not go on with a visit that ended while nobody looked', () => {
    const book = createAccessBook(identify);
    book.restore([
      {
        ...identify(connection(1))!,
        services: [],
        firstAt: START,
        lastAt: START,
        isOpen: true,
        connections: 1,
      },
    ]);
    book.sync([], START + 60 * MINUTE);
    book.begin(connection(2), START + 60 * MINUTE);
    expect(book.list().map(({ connections, isOpen }) => [connections, isOpen])).toEqual([
      [1, true],
      [1, false],
    ]);
  });

  it('stays small whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            verb: fc.constantFrom('begin', 'end', 'sync'),
            sport: fc.nat(40),
            host: fc.nat(700),
            afterMs: fc.nat(10 * MINUTE),
          }),
          { minLength: 400, maxLength: 1_500 },
        ),
        (steps) => {
          const long = 'x'.repeat(80);
          const book = createAccessBook((one) => ({ ...identify(one)!, label: long }));
          let nowMs = START;
          for (const { verb, sport, host, afterMs } of steps) {
            nowMs += afterMs;
            const source = `100.64.${host >> 8}.${host & 255}` as Ip4;
            const one = connection(sport, { key: `${sport} ${source}`, source, bytes: 10 });
            if (verb === 'sync') book.sync([one], nowMs);
            else book[verb](one, nowMs);
          }
          const kept = book.kept();
          expect(kept.length).toBeLessThanOrEqual(500);
          expect(JSON.stringify(kept).length).toBeLessThan(70_000);
          for (const { firstAt, lastAt, connections } of book.list()) {
            expect(lastAt).toBeGreaterThanOrEqual(firstAt);
            expect(connections).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('a narrowed log', () => {
  const entry = (patch: Partial<AccessEntry>): AccessEntry => ({
    ...identify(connection(1))!,
    services: ['tcp/8001'],
    firstAt: START,
    lastAt: START + MINUTE,
    isOpen: false,
    connections: 1,
    ...patch,
  });
  const entries = [
    entry({}),
    entry({ kind: 'address', name: 'nas.alder.acme.sidegate.internal', label: '', services: ['icmp'] }),
    entry({ node: 'phone', address: '100.64.0.3' as Ip4, isOpen: true }),
  ];
  it.each([
    [{}, [0, 1, 2]],
    [{ publication: '8001' }, [0, 2]],
    [{ publication: 'CAMERA' }, [0, 2]],
    [{ publication: 'nas' }, [1]],
    [{ publication: `f_${'a'.repeat(16)}` }, [0, 1, 2]],
    [{ publication: 'x' }, []],
    [{ node: 'Phone' }, [2]],
    [{ node: '100.64.0.2' }, [0, 1]],
    [{ since: String(START + MINUTE + 1) }, [2]],
    [{ since: String(START), node: 'laptop' }, [0, 1]],
    [{ since: 'nonsense' }, [0, 1, 2]],
  ])('%j', (query, expected) => {
    expect(selectAccess(entries, query).map((one) => entries.indexOf(one))).toEqual(expected);
  });
});
