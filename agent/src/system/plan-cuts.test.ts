import type { Ip4 } from '@sidegate/protocol';
import { expect, test } from 'vitest';
import type { Connection, ConnectionMatch } from '../ports/index.ts';
import { planCuts } from './plan-cuts.ts';

const EDGE = '100.64.0.1' as Ip4;
const ANNA = '100.64.0.2' as Ip4;
const BEN = '100.64.0.3' as Ip4;

const connection = (source: Ip4, port: number, protocol = 'tcp'): Connection => ({
  key: `${protocol} ${source} ${port}`,
  protocol,
  source,
  destination: EDGE,
  port,
  idleMs: 0,
  isOver: false,
});
const PING: Connection = {
  key: 'ping',
  protocol: 'icmp',
  source: ANNA,
  destination: EDGE,
  idleMs: 0,
  isOver: false,
};
const OPEN = [
  connection(ANNA, 80),
  connection(ANNA, 80),
  connection(BEN, 80),
  connection(ANNA, 443),
  connection(BEN, 161, 'udp'),
  PING,
];
const cutsOf = (...matches: readonly ConnectionMatch[]) =>
  planCuts(matches, OPEN).map((argv) => argv.join(' '));

test('names what is open, once, and nothing else', () => {
  const many = Array.from(
    { length: 1_000 },
    (_, at): ConnectionMatch => ({ protocol: 'tcp', port: 79 + at }),
  );
  expect(cutsOf(...many)).toEqual([
    '-D -p tcp --orig-port-dst 80 --dst-nat',
    '-D -p tcp --orig-port-dst 443 --dst-nat',
  ]);
  expect(cutsOf({ protocol: 'udp', port: 80 }, { destination: '100.64.0.9' as Ip4 })).toEqual([]);
});

test('a range is told port by port, and takes no other protocol along', () => {
  expect(cutsOf({ protocol: 'tcp', port: 81, lastPort: 65_535, destination: EDGE })).toEqual([
    '-D -p tcp --orig-port-dst 443 --orig-dst 100.64.0.1 --dst-nat',
  ]);
  expect(cutsOf({ port: 1, lastPort: 65_535 })).toHaveLength(3);
});

test('all but some are told one by one', () => {
  expect(cutsOf({ destination: EDGE, notFrom: [ANNA] })).toEqual([
    '-D --orig-dst 100.64.0.1 --orig-src 100.64.0.3 --dst-nat',
  ]);
});
