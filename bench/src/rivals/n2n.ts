/** n2n as Debian has it: a supernode, and an edge on each machine. */
import type { LabProcess, Machine } from '@sidegate/lab';
import { runOnColdPath } from '../cold-start.ts';
import type { Pair, Rival } from './rival.ts';

const PORT = 7654;

/** Starts the supernode. */
export const startSupernode = async (server: Machine): Promise<void> => {
  server.spawn('supernode', ['-l', String(PORT)]);
  await server.waitFor({ udp: PORT });
};

/** Nothing runs before `start`. */
export const createN2n = (supernodeAddress: string, pair: Pair, at: number): Rival => {
  const address = `10.97.${at}.2`;
  let processes: LabProcess[] = [];
  const stop = async () => {
    await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
    processes = [];
  };
  const launch = ({ machine }: Pair['from'], own: string) => {
    const where = ['-d', 'n2n0', '-a', own, '-l', `${supernodeAddress}:${PORT}`];
    return machine.spawn('edge', [...where, '-c', `bench${at}`, '-k', 'secret', '-u', '0', '-g', '0', '-v']);
  };
  return {
    name: 'n2n',
    address,
    async start() {
      processes = [launch(pair.from, `10.97.${at}.1`), launch(pair.to, address)];
      await Promise.all(processes.map((process) => process.waitForOutput(/Super ?Node/i, 20_000)));
    },
    // Nobody has asked for the far end's address yet: that question is the first packet of a layer 2 network.
    runFirst: (command) =>
      runOnColdPath(
        pair.from.machine,
        {
          isCold: `! ip neighbour show ${address} dev n2n0 | grep -q .`,
          isOpened: `ip neighbour show ${address} dev n2n0 | grep -q lladdr`,
        },
        command,
      ),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
