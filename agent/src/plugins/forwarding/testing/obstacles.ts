/** What stands in the way of publications on a machine, and doing what is advised against it. */
// biome-ignore lint/correctness/noUndeclaredDependencies: tests' helper; what ships must not depend on the lab
import type { Machine } from '@sidegate/lab';
import { findObstacles, listFirewalls, type Obstacle } from '../../../forwarding/rules/foreign-firewalls.ts';

/** Those of one hook, from the machine's real rules. */
export const listObstacles = async (
  machine: Machine,
  where: Obstacle['hook'] = 'forward',
): Promise<readonly Obstacle[]> => {
  const objects = await listFirewalls((file, args) => machine.run(file, args));
  return findObstacles(objects!, 'sg0').filter(({ hook }) => hook === where);
};

/** What a hint says to run, run: after the colon, commands with `;` or `&&` between. */
export const obey = async (machine: Machine, hint: string): Promise<void> => {
  const commands = hint.slice(hint.indexOf(': ') + 2);
  await machine.run('sh', ['-ec', commands.replaceAll('; ', ' && ')]);
};
