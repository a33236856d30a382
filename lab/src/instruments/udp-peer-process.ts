/** Runs inside a machine for `UdpPeer`: sockets on command, one JSON message a line in both directions. */
import { createSocket, type Socket } from 'node:dgram';
import { createInterface } from 'node:readline';

const sockets = new Map<string, Socket>();
const tell = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const bind = (id: string, address: string, port: number): void => {
  const isIp6 = address.includes(':');
  // The kernel refuses the flag to a socket of IPv4.
  const socket = createSocket(isIp6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
  sockets.set(id, socket);
  socket.on('message', (bytes, from) =>
    tell({
      event: 'received',
      id,
      from: `${bracketed(from.address)}:${from.port}`,
      text: bytes.toString('utf8'),
    }),
  );
  // An ICMP error is not a result; what does not arrive is.
  socket.on('error', () => undefined);
  socket.bind(port, address, () => tell({ event: 'bound', id, port: socket.address().port }));
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Record<string, string>;
  if (command.do === 'bind') bind(command.id!, command.address!, Number(command.port));
  else sockets.get(command.id!)?.send(command.text!, Number(command.port), command.address!);
}
process.exit(0);
