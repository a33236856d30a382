import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConntrackLine } from './parse-conntrack.ts';

/* As conntrack 1.4.7 prints them. */
const NEW =
  '    [NEW] tcp      6 120 SYN_SENT src=100.64.0.2 dst=100.64.0.1 sport=40312 dport=8001 [UNREPLIED] src=192.168.1.20 dst=192.168.1.2 sport=80 dport=40312 mark=268435456';
const DESTROY =
  '[DESTROY] tcp      6 TIME_WAIT src=100.64.0.2 dst=100.64.0.1 sport=40312 dport=8001 packets=6 bytes=405 src=192.168.1.20 dst=192.168.1.2 sport=80 dport=40312 packets=5 bytes=3601 [ASSURED] mark=268435456';
const ALIVE =
  'udp      17 112 src=100.64.0.3 dst=100.64.0.1 sport=41000 dport=5060 packets=2 bytes=68 src=192.168.1.20 dst=192.168.1.2 sport=5060 dport=41000 packets=1 bytes=34 [ASSURED] mark=268435456 use=1';
const PING =
  '    [NEW] icmp     1 30 src=100.64.0.2 dst=100.64.0.50 type=8 code=0 id=77 [UNREPLIED] src=192.168.1.20 dst=192.168.1.2 type=0 code=0 id=77 mark=268435456';

test('a connection begins and ends under one key', () => {
  expect(parseConntrackLine(NEW)).toEqual({
    what: 'begun',
    connection: {
      key: 'tcp 100.64.0.2:40312 100.64.0.1:8001',
      protocol: 'tcp',
      source: '100.64.0.2',
      destination: '100.64.0.1',
      port: 8001,
      idleMs: 0,
      isOver: false,
    },
  });
  expect(parseConntrackLine(DESTROY)).toEqual({
    what: 'ended',
    connection: {
      ...parseConntrackLine(NEW)!.connection,
      bytes: 4006,
      // The kernel kept it for two minutes after its last packet.
      idleMs: 120_000,
      isOver: true,
    },
  });
});

test('the listing says how long a connection has been silent', () => {
  expect(parseConntrackLine(ALIVE)).toMatchObject({
    what: 'alive',
    connection: { protocol: 'udp', port: 5060, bytes: 102, idleMs: 8_000, isOver: false },
  });
});

test('pings have no port, and are told apart', () => {
  const { connection } = parseConntrackLine(PING)!;
  expect(connection).toMatchObject({ key: 'icmp 100.64.0.2:77 100.64.0.50:', protocol: 'icmp' });
  expect(connection).not.toHaveProperty('port');
});

test('what is none of it is nothing', () => {
  for (const line of [
    '',
    'conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.',
    NEW.slice(0, 40),
    NEW.replaceAll('100.64.0.1', 'fd00::1'),
    NEW.padEnd(2_000),
  ])
    expect(parseConntrackLine(line)).toBeUndefined();
});

test('any line, whole, cut or mixed up, gives a sound connection or nothing', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('[NEW]', '[DESTROY]', 'tcp', 'udp', '6', '99999999999', 'TIME_WAIT', '[ASSURED]'),
    fc.constantFrom(
      'src=1.2.3.4',
      'dst=5.6.7.8',
      'sport=1',
      'dport=70000',
      'dport=80',
      'bytes=-1',
      'bytes=9e99',
    ),
  );
  const line = fc.oneof(
    fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(' ')),
    fc.tuple(fc.constantFrom(NEW, DESTROY, ALIVE, PING), fc.nat(300)).map(([text, at]) => text.slice(0, at)),
  );
  fc.assert(
    fc.property(line, (text) => {
      const connection = parseConntrackLine(text)?.connection;
      if (connection === undefined) return;
      const { port = 0, bytes = 0, idleMs, key } = connection;
      expect(port).toBeLessThanOrEqual(65_535);
      expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
      expect(idleMs).toBeGreaterThanOrEqual(0);
      expect(idleMs).toBeLessThanOrEqual(120_000);
      expect(key.length).toBeLessThan(1_000);
    }),
  );
});
