/**
 * Passes questions on to resolvers outside. Each goes from a socket of its own with a random id, so that an answer
 * cannot be guessed (RFC 5452), and what comes back must be from whom it was asked, and about the same question.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Clock, UdpEndpoint } from '@sidegate/kit';
import * as dns from 'dns-packet';
import { OPT, type Query } from './answer-query.ts';
import type { Upstream } from './resolver.ts';

/** Resolvers of phones ask again after some seconds. */
const PATIENCE_MS = 1_500;
/** Sockets open at a time. */
const UNDER_WAY_MAX = 512;

const encodeQuestion = (query: Query, id: number): Uint8Array =>
  dns.encode({
    id,
    type: 'query',
    flags: dns.RECURSION_DESIRED,
    questions: [query.question],
    additionals: [OPT],
  });

/** Does the answer belong to the question? */
const isAnswerTo = (bytes: Uint8Array, id: number, query: Query): boolean => {
  try {
    const packet = dns.decode(Buffer.from(bytes));
    const [question] = packet.questions ?? [];
    return (
      packet.type === 'response' &&
      packet.id === id &&
      question?.name.toLowerCase() === query.question.name.toLowerCase() &&
      question.type === query.type
    );
  } catch {
    return false;
  }
};

const askOne = (
  { address, port }: UdpEndpoint,
  query: Query,
  clock: Pick<Clock, 'after'>,
): Promise<Uint8Array | undefined> =>
  new Promise((resolve) => {
    const id = randomInt(0x10000);
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const finish = (answer?: Uint8Array): void => {
      timer[Symbol.dispose]();
      socket.removeAllListeners();
      // A late error of a closing socket is nobody's concern.
      socket.on('error', () => {});
      socket.close();
      resolve(answer);
    };
    const timer = clock.after(PATIENCE_MS, () => finish());
    socket.on('error', () => finish());
    socket.on('message', (bytes) => {
      if (!isAnswerTo(bytes, id, query)) return;
      const answer = Buffer.from(bytes);
      answer.writeUInt16BE(query.id, 0);
      finish(answer);
    });
    // Connected, the kernel takes datagrams from nobody else.
    socket.connect(port, address, () => socket.send(encodeQuestion(query, id)));
  });

/** Asks these resolvers, one after the other. */
export const createUpstream = (
  resolvers: () => readonly UdpEndpoint[],
  clock: Pick<Clock, 'after'>,
): Upstream => {
  let underWay = 0;
  return {
    async ask(query) {
      if (underWay >= UNDER_WAY_MAX) return undefined;
      underWay++;
      try {
        for (const resolver of resolvers().slice(0, 2)) {
          const answer = await askOne(resolver, query, clock);
          if (answer !== undefined) return answer;
        }
        return undefined;
      } finally {
        underWay--;
      }
    },
  };
};
