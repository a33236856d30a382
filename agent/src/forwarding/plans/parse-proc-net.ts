/** Bound ports from the kernel's tables (/proc/net/tcp, tcp6, udp, udp6; proc(5)). */

/** States of include/net/tcp_states.h: a TCP socket that listens, a UDP socket without a peer. */
const STATE = { tcp: '0A', udp: '07' } as const;

/** 127.0.0.0/8 and ::1 as the tables write them, least significant byte first; and mapped loopback. */
const LOOPBACK = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** Ports on which something of this machine can be reached from elsewhere. */
export const parseProcNet = (protocol: 'tcp' | 'udp', text: string): readonly number[] => {
  const ports = new Set<number>();
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state] = line.trim().split(/\s+/);
    const [address, port] = local?.split(':') ?? [];
    if (state !== STATE[protocol] || address === undefined || LOOPBACK.test(address)) continue;
    const number = Number.parseInt(port ?? '', 16);
    if (number >= 1 && number <= 65_535) ports.add(number);
  }
  return [...ports];
};
