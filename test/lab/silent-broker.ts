/**
 * A broker of one page, with a real beacon: lets one laptop in, and gives it a map of very many edges, of which the
 * last one exists. Run with their number; prints what that one needs to know.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { systemClock } from '@sidegate/kit';
import type { Enrolment, Ip, MapPeer, NetworkMap, NodeId, PublicKey } from '@sidegate/protocol';
import { createBeacon, startUdpServer } from '@sidegate/relay';

const count = Number(process.argv[2]);
const id = (prefix: string, at: number) => `${prefix}_${at.toString(16).padStart(16, '0')}`;
const pair = generateKeyPairSync('x25519');
const raw = (format: 'spki' | 'pkcs8') =>
  (format === 'spki' ? pair.publicKey : pair.privateKey).export({ format: 'der', type: format as never });
const lastKey = Buffer.from(raw('spki')).subarray(-32).toString('base64');
const privateKey = Buffer.from(raw('pkcs8')).subarray(-32).toString('base64');

const address4 = (at: number) => `100.64.${(at + 2) >> 8}.${(at + 2) & 255}`;
const peers = Array.from({ length: count }, (_, at) => ({
  id: id('n', at + 2),
  name: `edge-${at}`,
  role: 'edge',
  publicKey: at === count - 1 ? lastKey : randomBytes(32).toString('base64'),
  address4: address4(at),
  address6: `fd00:1:2::${(at + 2).toString(16)}`,
  online: true,
  nat: 'endpoint-independent',
  candidates: [{ kind: 'reflexive', endpoint: `198.51.100.${1 + (at % 250)}:${20_000 + at}` }],
  inbound: { kind: 'none' },
  outbound: { kind: 'all' },
  tags: [],
})) as unknown as MapPeer[];
const self = { name: 'laptop', address4: '100.64.0.1', address6: 'fd00:1:2::1' };
let laptopKey: PublicKey | undefined;
const edge = { id: id('n', count + 1) as NodeId, publicKey: lastKey as PublicKey };
const laptop = () => ({ id: id('n', 1) as NodeId, publicKey: laptopKey! });
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
const map = {
  revision: 1,
  self: { id: id('n', 1), role: 'client', nat: 'none', tags: [], ...self },
  account: {
    id: id('a', 1),
    label: 'acme',
    name: 'Acme',
    baseDomain: 'sidegate.internal',
    prefix4: '100.64.0.0/10',
    prefix6: 'fd00:1:2::/48',
  },
  beacons: [{ publicKey: beacon.publicKeys[0], endpoints: ['203.0.113.10:7382'] }],
  checkInSec: 60,
  peers,
} as unknown as NetworkMap;
const enrolment = {
  nodeId: map.self.id,
  token: `sgn_${'a'.repeat(43)}`,
  ...self,
  accountId: map.account.id,
  accountName: 'Acme',
  ticketKey: `${'A'.repeat(43)}=`,
} as unknown as Enrolment;

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
  console.log(JSON.stringify({ privateKey, address: address4(count - 1), beaconKey }));
});
