/** How long a ping is silent when one end of a direct path moves, for all rivals at once on the same machines. */
import { systemClock } from '@sidegate/kit';
import type { AgentMachine } from '@sidegate/lab/demo';
import type { PeerStatus } from '@sidegate/protocol';
import { medianOf, type Row } from './report.ts';
import { note, others, oursIn, type Results, until } from './rival-results.ts';
import type { Pair, Rival } from './rivals/rival.ts';
import { peerOf } from './rivals/sidegate.ts';
import { startSteadyPing } from './steady-ping.ts';

const START_MAX_MS = 15_000;
/** nebula takes some 25 s; n2n, which takes minutes, is not waited for. */
const OUTAGE_MAX_MS = 30_000;
const DIRECT_MAX_MS = 30_000;
/** A silence of ours this long is told with its reasons, and so is a path that stays relayed. */
const EXPLAINED_MS = 1_000;

/** Waits until both ends became direct after that moment; something else has to send packets meanwhile. */
const untilDirect = async (one: AgentMachine, other: AgentMachine, sinceMs = 0): Promise<boolean> => {
  const isDirect = ({ path, explain }: PeerStatus) =>
    path === 'direct' && (explain.findLast(({ to }) => to === 'direct')?.at ?? 0) >= sinceMs;
  const areDirect = async () =>
    (await Promise.all([peerOf(one, other.name), peerOf(other, one.name)])).every(isDirect);
  if (await until(areDirect, DIRECT_MAX_MS)) return true;
  // The relay carries packets meanwhile, so there is still something to measure.
  console.log(`  ${one.name} and ${other.name} are not direct after ${DIRECT_MAX_MS / 1000} s`);
  return false;
};

/** What one agent says about its path to the other since a moment. */
const explainSince = async (one: AgentMachine, other: AgentMachine, sinceMs: number): Promise<string> => {
  const { explain } = await peerOf(one, other.name);
  const moves = explain.filter(({ at }) => at >= sinceMs);
  return [
    `  ${one.name}:`,
    ...moves.map(({ at, to, why }) => `    after ${at - sinceMs} ms ${to}: ${why}`),
  ].join('\n');
};

/** Silences of all rivals while `move` is made under their direct paths; ours is the path between the two agents. */
export const measureOutages = async (
  pair: Pair,
  rivals: readonly Rival[],
  [one, other]: readonly [AgentMachine, AgentMachine],
  runs: number,
  move: (run: number) => Promise<void>,
): Promise<Results> => {
  const results: Results = new Map();
  for (const rival of rivals) if (rival.name !== 'sidegate') await rival.start();
  for (let run = 0; run < runs; run++) {
    const pings = rivals.map((rival) => startSteadyPing(pair.from.machine, rival.address));
    await until(() => pings.every((ping) => ping.firstAnswerMs() !== undefined), START_MAX_MS);
    await untilDirect(one, other);
    // Nobody tells when nebula and n2n are: they take a second or two.
    await systemClock.sleep(3_000);
    const movedAtMs = Date.now();
    await move(run);
    for (const rival of rivals) await rival.tell?.();
    const isBack = (at: number) => (pings[at]!.lastAnswerAtMs() ?? 0) > movedAtMs + 1_000;
    await until(() => rivals.every((_rival, at) => isBack(at)), OUTAGE_MAX_MS);
    const isDirect = await untilDirect(one, other, movedAtMs);
    const seen = await Promise.all([
      explainSince(one, other, movedAtMs),
      explainSince(other, one, movedAtMs),
    ]);
    for (const [at, rival] of rivals.entries()) {
      const hasCome = isBack(at);
      const silenceMs = await pings[at]!.stop(movedAtMs);
      note(results, rival.name, hasCome ? silenceMs : OUTAGE_MAX_MS);
      if (hasCome) continue;
      await rival.stop();
      await rival.start();
    }
    if (!isDirect || oursIn(results).at(-1)! >= EXPLAINED_MS) console.log(seen.join('\n'));
    const values = [...results].map(([name, all]) => `${name} ${Math.round(all.at(-1)!)}`);
    console.log(`  run ${run + 1}: ${values.join(', ')} ms`);
  }
  for (const rival of rivals) if (rival.name !== 'sidegate') await rival.stop();
  return results;
};

/** The median and the worst of ours. */
export const outageRows = (
  what: string,
  results: Results,
  medianGoalMs: number,
  worstGoalMs: number,
): Row[] => {
  const [median, worst] = [medianOf(oursIn(results)), Math.max(...oursIn(results))];
  const peer = others(results, OUTAGE_MAX_MS);
  const unit = 'ms';
  const [goal, worstGoal] = [`< ${medianGoalMs}`, `< ${worstGoalMs}`];
  return [
    { what: `outage: ${what}`, value: median, unit, peer, goal, ok: median < medianGoalMs },
    { what: 'the same, worst run', value: worst, unit, goal: worstGoal, ok: worst < worstGoalMs },
  ];
};
