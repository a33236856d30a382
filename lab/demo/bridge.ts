/**
 * A unix socket whose connections go to a TCP address: one network namespace's door into another.
 * Usage: bridge.ts <socket> <address> <port>
 */
import { connect, createServer } from 'node:net';
import { joinSockets } from './join-sockets.ts';

const [path, address, port] = process.argv.slice(2);
createServer((client) => joinSockets(client, connect(Number(port), address))).listen(path, () =>
  console.log('listening'),
);
