import type { Connections, Run } from '../ports/index.ts';
import { type FollowDeps, followForever } from './follow-forever.ts';
import { parseConntrackLine } from './parse-conntrack.ts';

/** The kernel's table of connections, by conntrack(8). IPv4: what is published is. */
export const createConntrack = ({ run, ...following }: FollowDeps & { readonly run: Run }): Connections => {
  const marked = (mark: number) => ['-f', 'ipv4', '--mark', `${mark}/${mark}`];
  return {
    async read(mark, signal) {
      const { stdout } = await run('conntrack', ['-L', ...marked(mark)], { signal });
      return stdout.split('\n').flatMap((line) => parseConntrackLine(line)?.connection ?? []);
    },
    watch(mark, { onBegun, onEnded, onGap }) {
      return followForever(following, 'conntrack', ['-E', '-e', 'NEW,DESTROY', ...marked(mark)], {
        onLine(line) {
          const parsed = parseConntrackLine(line);
          if (parsed === undefined) return;
          (parsed.what === 'ended' ? onEnded : onBegun)(parsed.connection);
        },
        onRestart: onGap,
      });
    },
  };
};
