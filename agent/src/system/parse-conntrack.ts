/** Lines of conntrack(8), of its listing and of its events: `[NEW] tcp 6 120 SYN_SENT src=... dst=...`. Pure. */
import { isIp4, parseIp } from '@sidegate/kit';
import type { Connection } from '../ports/index.ts';

/** A connection, and what became of it; `alive` is a line of the listing. */
export interface ConntrackLine {
  readonly what: 'begun' | 'ended' | 'alive';
  readonly connection: Connection;
}

const LINE_MAX_CHARS = 1_000;
const LINE =
  /^\s*(?:\[(NEW|DESTROY)\])?\s*([a-z0-9]+)\s+\d+\s+(?:(\d+)\s+)?(?:([A-Z][A-Z_0-9]+)\s+)?(src=.*)$/;
const FIELD = /\b(src|dst|sport|dport|id|bytes)=(\S+)/g;

/**
 * How long the kernel remembers after the last packet (net/netfilter/nf_conntrack_proto_*.c), by TCP's state: who ends
 * in one of these has been silent for so long. Others last for days: they were cut, or are in use.
 */
const SILENCE_SEC: Readonly<Record<string, number>> = {
  SYN_SENT: 120,
  SYN_RECV: 60,
  FIN_WAIT: 120,
  CLOSE_WAIT: 60,
  LAST_ACK: 30,
  TIME_WAIT: 120,
  CLOSE: 10,
};
const UDP_SILENCE_SEC = { once: 30, stream: 120 } as const;
/** States of TCP in which both sides have said goodbye, or one of them hung up. */
const OVER: ReadonlySet<string> = new Set(['LAST_ACK', 'TIME_WAIT', 'CLOSE']);

const silenceSec = (protocol: string, state: string | undefined, isAssured: boolean): number => {
  if (state !== undefined) return SILENCE_SEC[state] ?? 0;
  if (protocol === 'tcp') return 0;
  return protocol === 'udp' && isAssured ? UDP_SILENCE_SEC.stream : UDP_SILENCE_SEC.once;
};

/** The values of each field, in order: those of the way there come first. */
const fieldsOf = (text: string): ReadonlyMap<string, readonly string[]> => {
  const fields = new Map<string, string[]>();
  for (const [, name = '', value = ''] of text.matchAll(FIELD)) {
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  }
  return fields;
};

const numberOf = (text: string | undefined, most: number): number | undefined => {
  const value = /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN;
  return value <= most ? value : undefined;
};

/** A line as data; `undefined` for anything else, IPv6 and half lines among it. */
export const parseConntrackLine = (line: string): ConntrackLine | undefined => {
  const found = line.length > LINE_MAX_CHARS ? null : LINE.exec(line);
  if (found === null) return undefined;
  const [, event, protocol = '', left, state, rest = ''] = found;
  const fields = fieldsOf(rest);
  const first = (name: string) => fields.get(name)?.[0];
  const [source, destination] = [first('src'), first('dst')].map((text = '') => parseIp(text));
  if (source === undefined || destination === undefined || !isIp4(source) || !isIp4(destination))
    return undefined;
  const port = numberOf(first('dport'), 65_535);
  const counted = (fields.get('bytes') ?? []).map((text) => numberOf(text, Number.MAX_SAFE_INTEGER / 2) ?? 0);
  const silence = silenceSec(protocol, state, rest.includes('[ASSURED]'));
  const idleSec = Math.max(0, silence - (numberOf(left, silence) ?? 0));
  return {
    what: event === 'NEW' ? 'begun' : event === 'DESTROY' ? 'ended' : 'alive',
    connection: {
      key: `${protocol} ${source}:${first('sport') ?? first('id') ?? ''} ${destination}:${port ?? ''}`,
      protocol,
      source,
      destination,
      ...(port === undefined ? {} : { port }),
      ...(counted.length === 0 ? {} : { bytes: counted.slice(0, 2).reduce((sum, one) => sum + one, 0) }),
      idleMs: idleSec * 1_000,
      isOver: state !== undefined && OVER.has(state),
    },
  };
};
