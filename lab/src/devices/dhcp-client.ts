/**
 * Asks for an address by DHCP (RFC 2131) and prints `{ address, bits, router }`. Argument: the host name to give.
 * A phone's first minute only: it neither renews nor releases.
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const [hostName = 'phone', ifName = 'eth0'] = process.argv.slice(2);
const mac = Buffer.from(
  readFileSync(`/sys/class/net/${ifName}/address`, 'utf8').trim().replaceAll(':', ''),
  'hex',
);
const transaction = randomInt(2 ** 32);

/** Options of RFC 2132 by their numbers. */
const OPTION = { mask: 1, router: 3, hostName: 12, address: 50, kind: 53, server: 54, wanted: 55 } as const;
/** Values of option 53. */
const KIND = { discover: 1, offer: 2, request: 3, ack: 5 } as const;
const COOKIE = Buffer.from([99, 130, 83, 99]);
const FIXED_BYTES = 236;
const RETRY_MS = 1_000;

type Options = Map<number, Buffer>;

const encodeMessage = (options: Options): Buffer => {
  const head = Buffer.alloc(FIXED_BYTES);
  head.set([1, 1, 6, 0]);
  head.writeUInt32BE(transaction, 4);
  // The broadcast flag: this machine cannot yet receive unicast.
  head.writeUInt16BE(0x8000, 10);
  mac.copy(head, 28);
  const tail = [...options].map(([code, value]) => Buffer.concat([Buffer.from([code, value.length]), value]));
  return Buffer.concat([head, COOKIE, ...tail, Buffer.from([255])]);
};

const decodeOptions = (bytes: Buffer): Options => {
  const options: Options = new Map();
  let at = FIXED_BYTES + COOKIE.length;
  while (at + 1 < bytes.length && bytes[at] !== 255) {
    const length = bytes[at] === 0 ? -1 : bytes[at + 1]!;
    if (length >= 0) options.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
};

const socket = createSocket('udp4');
socket.bind(68);
await once(socket, 'listening');
socket.setBroadcast(true);

/** Sends, again each second, until an answer of the kind arrives. */
const ask = async (options: Options, kind: number): Promise<{ bytes: Buffer; options: Options }> => {
  const send = () => socket.send(encodeMessage(options), 67, '255.255.255.255');
  const timer = setInterval(send, RETRY_MS);
  send();
  try {
    for (;;) {
      const [bytes] = (await once(socket, 'message')) as [Buffer];
      if (bytes.length < FIXED_BYTES || bytes.readUInt32BE(4) !== transaction) continue;
      const answer = decodeOptions(bytes);
      if (answer.get(OPTION.kind)?.[0] === kind) return { bytes, options: answer };
    }
  } finally {
    clearInterval(timer);
  }
};

const about: [number, Buffer][] = [
  [OPTION.hostName, Buffer.from(hostName)],
  [OPTION.wanted, Buffer.from([OPTION.mask, OPTION.router])],
];
const offer = await ask(new Map([[OPTION.kind, Buffer.from([KIND.discover])], ...about]), KIND.offer);
const chosen: [number, Buffer][] = [
  [OPTION.kind, Buffer.from([KIND.request])],
  [OPTION.address, offer.bytes.subarray(16, 20)],
  [OPTION.server, offer.options.get(OPTION.server) ?? Buffer.alloc(4)],
];
const { bytes, options } = await ask(new Map([...chosen, ...about]), KIND.ack);
socket.close();
const dotted = (address: Buffer | undefined): string => [...(address ?? [])].join('.');
const bits = [...(options.get(OPTION.mask) ?? [])]
  .map((octet) => octet.toString(2))
  .join('')
  .replaceAll('0', '').length;
console.log(
  JSON.stringify({
    address: dotted(bytes.subarray(16, 20)),
    bits,
    router: dotted(options.get(OPTION.router)),
  }),
);
