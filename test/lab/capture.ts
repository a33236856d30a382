/** What went over a machine's wire, by tcpdump: datagrams of UDP over IPv4, as bytes that a test can count or send. */
import { existsSync, readFileSync } from 'node:fs';
import type { Machine } from '@sidegate/lab';

/** One datagram as it was on the wire. */
export interface Captured {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  readonly payload: Buffer;
}

/* pcap(5): a header of 24 bytes, then 16 bytes and the frame for each packet; in this machine's byte order. */
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_BYTES = 14;
const UDP_BYTES = 8;

const parseFrame = (frame: Buffer): Captured => {
  const ip = frame.subarray(ETHERNET_BYTES);
  const udp = ip.subarray((ip[0]! & 15) * 4);
  return {
    from: [...ip.subarray(12, 16)].join('.'),
    to: [...ip.subarray(16, 20)].join('.'),
    fromPort: udp.readUInt16BE(0),
    toPort: udp.readUInt16BE(2),
    payload: udp.subarray(UDP_BYTES, udp.readUInt16BE(4)),
  };
};

/** A capture file to its datagrams; one that is being written ends with the last whole one. */
const parseCapture = (file: Buffer): Captured[] => {
  const captured: Captured[] = [];
  for (let at = FILE_HEADER_BYTES; at + RECORD_HEADER_BYTES <= file.length; ) {
    const start = at + RECORD_HEADER_BYTES;
    at = start + file.readUInt32LE(at + 8);
    if (at <= file.length) captured.push(parseFrame(file.subarray(start, at)));
  }
  return captured;
};

/** Starts listening on a machine's first interface; `in`: only to what comes in. */
export const startCapture = async (machine: Machine, direction: 'in' | 'inout' = 'inout') => {
  const inside = '/run/capture.pcap';
  const args = ['-Z', 'root', '-U', '-i', 'eth0', '-Q', direction, '-w', inside, 'udp and not ip6'];
  const tcpdump = machine.spawn('tcpdump', args);
  const file = machine.path(inside);
  await machine.waitFor(() => existsSync(file) && readFileSync(file).length >= FILE_HEADER_BYTES, 10_000);
  return {
    /** Everything so far. */
    packets: (): readonly Captured[] => parseCapture(readFileSync(file)),
    async stop() {
      tcpdump.kill('SIGINT');
      await tcpdump.exited;
    },
  };
};
