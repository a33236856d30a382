/**
 * What runs first on a path that is cold. Agents greet and send heartbeats whenever they like, so what makes a path
 * cold, the look whether it is, and the command are one shell on the near machine, with nothing in between; a shell
 * that finds it warm is run again. So is one that cannot show afterwards that the near end opened the path.
 */
import type { Machine } from '@sidegate/lab';

const TRIES = 10;
const COMMAND_MAX_MS = 30_000;
/** EX_TEMPFAIL of sysexits.h: somebody was faster. */
const WARM = 75;

/** Lines of shell around a command; the last two succeed or fail. */
export interface ColdStart {
  /** Makes the path cold. */
  readonly forget?: string;
  /** Nothing has come or gone on it. */
  readonly isCold: string;
  /** The near end opened it. */
  readonly isOpened: string;
}

/** Runs the command on the near machine while the path is cold. `before` is what the far one does, each time. */
export const runOnColdPath = async (
  near: Machine,
  { forget = ':', isCold, isOpened }: ColdStart,
  command: string,
  before: () => Promise<void> = async () => {},
): Promise<string> => {
  const script = [
    forget,
    `{ ${isCold}; } || exit ${WARM}`,
    `{ ${command}; }`,
    `{ ${isOpened}; } || exit ${WARM}`,
  ].join('\n');
  for (let tries = 0; tries < TRIES; tries++) {
    await before();
    const options = { reject: false, timeoutMs: COMMAND_MAX_MS };
    const { exitCode, stdout, stderr } = await near.run('sh', ['-ec', script], options);
    if (exitCode === WARM) console.log(`    the path was warm on ${near.id}`);
    if (exitCode === 0) return stdout;
    if (exitCode !== WARM) throw new Error(`${near.id}: exit ${exitCode} of the first command: ${stderr}`);
  }
  throw new Error(`${near.id}: the path was warm ${TRIES} times`);
};

/** One side of a pair in WireGuard: what `wg set` has to say to it, peer included. */
export interface WireGuardSide {
  readonly machine: Machine;
  readonly interfaceName: string;
  readonly peerKey: string;
  /** Of the peer, after its name. */
  readonly settings: readonly string[];
}

const resetArgs = ({ interfaceName, peerKey, settings }: WireGuardSide): string[] => {
  const peer = ['peer', peerKey];
  return ['set', interfaceName, ...peer, 'remove', ...peer, ...settings];
};

/** Of WireGuard's messages only handshakes are no multiples of this: an initiation has 148 bytes, the answer to one 92. */
const PADDING_BYTES = 16;
const RESPONSE_BYTES = 92;

/** Succeeds when the condition holds for the peer's row of the dump: handshake, bytes in and bytes out in 5, 6, 7. */
const peerHas = ({ interfaceName, peerKey }: WireGuardSide, condition: string): string =>
  `wg show ${interfaceName} dump | awk -v key='${peerKey}' '$1 == key && ${condition} { has = 1 } END { exit !has }'`;

/**
 * The same for WireGuard: neither side has a session with the other, the near one has sent and got nothing at all, and
 * what it got in the end has the answer to its own initiation in it, and no initiation.
 */
export const runOnFreshSession = (
  near: WireGuardSide,
  far: WireGuardSide,
  command: string,
): Promise<string> => {
  const cold = {
    forget: `wg ${resetArgs(near).join(' ')}`,
    isCold: peerHas(near, '$5 + $6 + $7 == 0'),
    isOpened: peerHas(near, `$6 % ${PADDING_BYTES} == ${RESPONSE_BYTES % PADDING_BYTES}`),
  };
  return runOnColdPath(near.machine, cold, command, async () => {
    await far.machine.run('wg', resetArgs(far));
  });
};

const INTERVAL_MS = 20;

/** Milliseconds from the first question to its answer, or to that of a later one where the first was lost. */
export const firstAnswerMs = async (
  runFirst: (command: string) => Promise<string>,
  address: string,
  maxSec: number,
): Promise<number> => {
  // With a deadline `-c` counts answers.
  const ping = `ping -n -i ${INTERVAL_MS / 1000} -c 1 -w ${maxSec} ${address} || true`;
  const [, sequence, ms] = /icmp_seq=(\d+) .*time=([\d.]+) ms/.exec(await runFirst(ping)) ?? [];
  return ms === undefined ? maxSec * 1000 : (Number(sequence) - 1) * INTERVAL_MS + Number(ms);
};
