/**
 * A broker of one page, with a real beacon: lets one laptop in, and gives it a map of very many edges, of which the
 * last one exists. Run with their number; prints what that one needs to know.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { systemClock } from '@sidegate/kit';
import type { Ip, NodeId, PublicKey } from '@sidegate/protocol';
import { createBeacon, startUdpServer } from '@sidegate/relay';
import {
  idAt,
  makeEnrolment,
  makeMap,
  makePeer,
} from '../../agent/src/plugins/mesh/testing/small-network.ts';

const count = Number(process.argv[2]);
const pair = generateKeyPairSync('x25519');
const raw = (format: 'spki' | 'pkcs8') =>
  (format === 'spki' ? pair.publicKey : pair.privateKey).export({ format: 'der', type: format as never });
const lastKey = Buffer.from(raw('spki')).subarray(-32).toString('base64');
const privateKey = Buffer.from(raw('pkcs8')).subarray(-32).toString('base64');

/** The edges are the machines after the laptop. */
const numberOf = (at: number) => at + 2;
const peers = Array.from({ length: count }, (_, at) => ({
  ...makePeer(numberOf(at), at === count - 1 ? lastKey : randomBytes(32).toString('base64')),
  nat: 'endpoint-independent',
  candidates: [{ kind: 'reflexive', endpoint: `198.51.100.${1 + (at % 250)}:${20_000 + at}` }],
  inbound: { kind: 'none' },
}));
let laptopKey: PublicKey | undefined;
const edge = { id: idAt('n', numberOf(count - 1)) as NodeId, publicKey: lastKey as PublicKey };
const laptop = () => ({ id: map.self.id as NodeId, publicKey: laptopKey! });
const beacon = createBeacon({
  keys: [randomBytes(32)],
  clock: systemClock,
  directory: {
    isNode: (key) => (key === edge.publicKey ? edge : key === laptopKey ? laptop() : undefined),
    mayTalk: () => true,
    relayCandidates: (from) => [from === edge.id ? laptop() : edge],
  },
  events: { onEndpoint() {}, onAlive() {} },
});
const listen = [{ beaconIndex: 0, address: '203.0.113.10' as Ip, port: 7382 }];
await startUdpServer({ beacon, clock: systemClock, listen });
const map = makeMap('laptop', beacon.publicKeys[0]!, peers);
const enrolment = makeEnrolment(map);

const send = (response: ServerResponse, body: unknown) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  if (request.url === '/v1/enrol') {
    laptopKey = (JSON.parse(text) as { node: { publicKey: PublicKey } }).node.publicKey;
    return send(response, enrolment);
  }
  if (request.url === '/v1/nodes/self/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: hello\ndata: {"brokerBootId":"b1","revision":1}\n\n`);
    setInterval(() => response.write(':\n\n'), 1000).unref();
    return;
  }
  const { revision } = JSON.parse(text) as { revision: number };
  const update = revision === 1 ? { kind: 'same', revision } : { kind: 'full', map };
  send(response, { update, checkInSec: 60 });
}).listen(80, '203.0.113.10', () => {
  const beaconKey = beacon.publicKeys[0];
  console.log(JSON.stringify({ privateKey, address: peers.at(-1)?.address4, beaconKey }));
});
