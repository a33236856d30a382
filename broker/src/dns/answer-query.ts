/**
 * The zone of an account, as one node may see it: a question in, the answer out, or the word that it is about other
 * names. Knows neither packets nor sockets; the bytes are those of a stranger to the DNS, so whatever does not decode
 * gets silence.
 */
import type { Ip } from '@sidegate/protocol';
import * as dns from 'dns-packet';
import type { Names } from '../service/names.ts';
import { parseReverseName, reverseZoneOf } from './reverse-name.ts';

/** What a node may know. */
export type NameBook = Pick<Names, 'baseDomain' | 'addressesOf' | 'nameOf'>;

/** Names of machines that come and go. */
const TTL_SEC = 30;
/** A machine that is missing may be added in the next minute. */
const NEGATIVE_TTL_SEC = 10;
/** Without EDNS (RFC 1035 section 4.2.1). */
const PLAIN_ANSWER_MAX_BYTES = 512;
/** What fits unfragmented into a tunnel of 1280 bytes in either family; DNS Flag Day 2020's number. */
export const ANSWER_MAX_BYTES = 1232;
/** RFC 1035 section 4.1.1. */
const RCODE = { formatError: 1, nameError: 3, notImplemented: 4, refused: 5 } as const;

/** A question that decoded. */
export interface Query {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly isRecursionDesired: boolean;
  /** Size of answer that the asker can take; absent where it does not speak EDNS. */
  readonly udpSizeBytes: number | undefined;
  readonly question: dns.Question;
}

/** What to do with a question. */
export type Decision =
  | { readonly kind: 'answer'; readonly bytes: Uint8Array }
  | { readonly kind: 'forward'; readonly query: Query };

const decode = (bytes: Uint8Array): dns.DecodedPacket | undefined => {
  try {
    return dns.decode(Buffer.from(bytes));
  } catch {
    return undefined;
  }
};

/** What a query says, or `undefined` where it is none. */
export const decodeQuery = (bytes: Uint8Array): Query | 'not-implemented' | 'bad-format' | undefined => {
  const packet = decode(bytes);
  if (packet === undefined || packet.type !== 'query') return undefined;
  if (((bytes[2]! >> 3) & 0x0f) !== 0) return 'not-implemented';
  const [question, ...others] = packet.questions ?? [];
  if (question === undefined || others.length > 0) return 'bad-format';
  const edns = packet.additionals?.find(({ type }) => type === 'OPT') as dns.OptAnswer | undefined;
  return {
    id: packet.id ?? 0,
    name: question.name.toLowerCase().replace(/\.$/, ''),
    type: question.type,
    isRecursionDesired: packet.flag_rd,
    udpSizeBytes: edns?.udpPayloadSize,
    question,
  };
};

interface Reply {
  readonly rcode?: number;
  readonly answers?: readonly dns.Answer[];
  readonly authorities?: readonly dns.Answer[];
  readonly isAuthoritative: boolean;
}

const maxSizeOf = ({ udpSizeBytes }: Query): number =>
  udpSizeBytes === undefined
    ? PLAIN_ANSWER_MAX_BYTES
    : Math.min(ANSWER_MAX_BYTES, Math.max(PLAIN_ANSWER_MAX_BYTES, udpSizeBytes));

/** Says that we take more than a plain datagram holds, and nothing else of EDNS (RFC 6891 section 6.1.2). */
export const OPT: dns.OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: ANSWER_MAX_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

const encodeReply = (query: Query, reply: Reply): Uint8Array => {
  const { rcode = 0, answers = [], authorities = [], isAuthoritative } = reply;
  const flags =
    (isAuthoritative ? dns.AUTHORITATIVE_ANSWER : 0) |
    (query.isRecursionDesired ? dns.RECURSION_DESIRED : 0) |
    dns.RECURSION_AVAILABLE |
    rcode;
  const edns = query.udpSizeBytes === undefined ? [] : [OPT];
  return dns.encode({
    id: query.id,
    type: 'response',
    flags,
    questions: [query.question],
    answers: [...answers],
    authorities: [...authorities],
    additionals: edns,
  });
};

/** Where negative answers say that they are from, and how long they hold (RFC 2308 section 5). */
const startOfAuthority = (zone: string): dns.Answer => ({
  type: 'SOA',
  name: zone,
  ttl: NEGATIVE_TTL_SEC,
  data: {
    mname: zone,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
    minimum: NEGATIVE_TTL_SEC,
  },
});

const toAnswer = (name: string, address: Ip): dns.Answer => ({
  type: address.includes(':') ? 'AAAA' : 'A',
  name,
  ttl: TTL_SEC,
  data: address,
});

/** Records of a name that is ours; none of this type, or no such name, is told with the zone's SOA. */
const answerInZone = (query: Query, zone: string, records: readonly dns.Answer[] | 'unknown'): Reply => {
  const fitting =
    records === 'unknown' ? [] : records.filter(({ type }) => query.type === type || query.type === 'ANY');
  return {
    isAuthoritative: true,
    answers: fitting,
    authorities: fitting.length === 0 ? [startOfAuthority(zone)] : [],
    ...(records === 'unknown' ? { rcode: RCODE.nameError } : {}),
  };
};

/** What to say by ourselves; `undefined` where the name is somebody else's. */
const replyTo = (query: Query, askerId: Parameters<NameBook['nameOf']>[0], book: NameBook) => {
  const address = parseReverseName(query.name);
  if (address !== undefined) {
    const name = book.nameOf(askerId, address);
    if (name === 'outside') return undefined;
    const pointer: dns.Answer = { type: 'PTR', name: query.question.name, ttl: TTL_SEC, data: name };
    return answerInZone(query, reverseZoneOf(query.name), name === 'unknown' ? name : [pointer]);
  }
  const found = book.addressesOf(askerId, query.name);
  if (found === 'outside') return undefined;
  const records =
    found === 'unknown' ? found : found.map((address_) => toAnswer(query.question.name, address_));
  return answerInZone(query, book.baseDomain, records);
};

const refuse = (bytes: Uint8Array, rcode: number): Decision => {
  const head = Buffer.from(bytes.subarray(0, 12));
  head.writeUInt16BE(0x8000 | (head.readUInt16BE(2) & 0x7900) | rcode, 2);
  head.fill(0, 4);
  return { kind: 'answer', bytes: head };
};

/** Decides about the bytes of a question; `undefined` where they are none. */
export const answerQuery = (
  bytes: Uint8Array,
  askerId: Parameters<NameBook['nameOf']>[0],
  book: NameBook,
): Decision | undefined => {
  const query = decodeQuery(bytes);
  if (query === undefined) return undefined;
  if (query === 'not-implemented') return refuse(bytes, RCODE.notImplemented);
  if (query === 'bad-format') return refuse(bytes, RCODE.formatError);
  const reply = query.question.class === 'IN' ? replyTo(query, askerId, book) : undefined;
  return reply === undefined
    ? { kind: 'forward', query }
    : { kind: 'answer', bytes: fit(query, encodeReply(query, reply)) };
};

/** The answer to a question about other names where nobody else is asked. Resolvers go on to the next one they have. */
export const encodeRefusal = (query: Query): Uint8Array =>
  encodeReply(query, { isAuthoritative: false, rcode: RCODE.refused });

/** The answer itself, without what comes along with it. */
const slim = (query: Query, answer: Uint8Array): Uint8Array | undefined => {
  const packet = decode(answer);
  if (packet === undefined) return undefined;
  const additionals = query.udpSizeBytes === undefined ? [] : [OPT];
  try {
    return dns.encode({ ...packet, authorities: [], additionals });
  } catch {
    return undefined;
  }
};

/**
 * An answer as large as the asker can take. There is no TCP in here to ask again by, so first what nobody needs goes;
 * what is too large even then is left out, and says so.
 */
export const fit = (query: Query, answer: Uint8Array): Uint8Array => {
  const maxSizeBytes = maxSizeOf(query);
  if (answer.length <= maxSizeBytes) return answer;
  const smaller = slim(query, answer);
  if (smaller !== undefined && smaller.length <= maxSizeBytes) return smaller;
  const cut = Buffer.from(encodeReply(query, { isAuthoritative: false }));
  cut.writeUInt16BE(cut.readUInt16BE(2) | dns.TRUNCATED_RESPONSE, 2);
  return cut;
};
