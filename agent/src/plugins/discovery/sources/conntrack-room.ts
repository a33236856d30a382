/** Is there room in this machine's connection tracking? A scan takes at most what nobody else needs. */
import { readFile } from 'node:fs/promises';

const DIRECTORY = '/proc/sys/net/netfilter';
/** The share that scans leave to everybody else. */
const RESERVED_SHARE = 0.25;

const readNumber = async (path: string): Promise<number | undefined> => {
  const number = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  return Number.isNaN(number) ? undefined : number;
};

/** True where nothing is tracked. */
export const hasConntrackRoom = async (directory: string = DIRECTORY): Promise<boolean> => {
  const [count, limit] = await Promise.all([
    readNumber(`${directory}/nf_conntrack_count`),
    readNumber(`${directory}/nf_conntrack_max`),
  ]);
  if (count === undefined || limit === undefined || limit === 0) return true;
  return count < limit * (1 - RESERVED_SHARE);
};
