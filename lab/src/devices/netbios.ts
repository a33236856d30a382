/** A Windows machine's name service: answers NetBIOS node status requests on 137. Arguments: name, workgroup. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const [name = 'DESKTOP', workgroup = 'WORKGROUP'] = process.argv.slice(2);
const QUESTION_BYTES = 50;
const ACTIVE = 0x04;
const GROUP = 0x84;

const entry = (text: string, suffix: number, flags: number): Buffer =>
  Buffer.concat([Buffer.from(text.toUpperCase().slice(0, 15).padEnd(15)), Buffer.from([suffix, flags, 0])]);

/** RFC 1002, section 4.2.18: the question's name again, then names and a statistics block. */
const renderStatus = (question: Buffer): Buffer => {
  const names = [entry(name, 0x00, ACTIVE), entry(workgroup, 0x00, GROUP), entry(name, 0x20, ACTIVE)];
  const data = Buffer.concat([Buffer.from([names.length]), ...names, Buffer.alloc(46)]);
  const head = Buffer.from([question[0]!, question[1]!, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  const length = Buffer.alloc(6);
  length.writeUInt16BE(data.length, 4);
  return Buffer.concat([head, question.subarray(12, QUESTION_BYTES), length, data]);
};

const socket = createSocket('udp4');
socket.on('message', (bytes, { address, port }) => {
  const isStatusRequest = bytes.length === QUESTION_BYTES && bytes.readUInt16BE(46) === 0x21;
  if (isStatusRequest) socket.send(renderStatus(bytes), port, address);
});
socket.bind(137);
await once(socket, 'listening');
console.log('ready');
