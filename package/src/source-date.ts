import { execFileSync } from 'node:child_process';

/**
 * SOURCE_DATE_EPOCH where it is set, else the time of the last commit, else 1970: never the time of the build, so that
 * the same sources always give the same bytes.
 */
export const readSourceDate = (root: string, env: NodeJS.ProcessEnv = process.env): number => {
  const given = env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d{1,10}$/.test(given)) throw new RangeError(`SOURCE_DATE_EPOCH is not a time: ${given}`);
    return Number(given);
  }
  try {
    const argv = ['-C', root, 'log', '-1', '--format=%ct'];
    return Number(execFileSync('git', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) || 0;
  } catch {
    return 0;
  }
};
