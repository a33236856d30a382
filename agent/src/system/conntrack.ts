import type { Connections, Run } from '../ports/index.ts';
import { type FollowDeps, followForever } from './follow-forever.ts';
import { parseConntrackLine } from './parse-conntrack.ts';

type Watch = Parameters<Connections['watch']>[1];

/** One program for all who watch the same mark. */
const shareWatches = (open: (mark: number, on: Watch) => Disposable): Connections['watch'] => {
  const shared = new Map<number, { readonly listeners: Set<Watch>; readonly source: Disposable }>();
  return (mark, on) => {
    const listeners = shared.get(mark)?.listeners ?? new Set<Watch>();
    listeners.add(on);
    if (!shared.has(mark)) {
      const source = open(mark, {
        onBegun: (one) => listeners.forEach(({ onBegun }) => void onBegun(one)),
        onEnded: (one) => listeners.forEach(({ onEnded }) => void onEnded(one)),
        onGap: () => listeners.forEach(({ onGap }) => void onGap()),
      });
      shared.set(mark, { listeners, source });
    }
    return {
      [Symbol.dispose]() {
        if (!listeners.delete(on) || listeners.size > 0) return;
        shared.get(mark)?.source[Symbol.dispose]();
        shared.delete(mark);
      },
    };
  };
};

/** The kernel's table of connections, by conntrack(8). IPv4: what is published is. */
export const createConntrack = ({ run, ...following }: FollowDeps & { readonly run: Run }): Connections => {
  const marked = (mark: number) => ['-f', 'ipv4', '--mark', `${mark}/${mark}`];
  return {
    async read(mark, signal) {
      const { stdout } = await run('conntrack', ['-L', ...marked(mark)], { signal });
      return stdout.split('\n').flatMap((line) => parseConntrackLine(line)?.connection ?? []);
    },
    watch: shareWatches((mark, { onBegun, onEnded, onGap }) =>
      followForever(following, 'conntrack', ['-E', '-e', 'NEW,DESTROY', ...marked(mark)], {
        onLine(line) {
          const parsed = parseConntrackLine(line);
          if (parsed === undefined) return;
          (parsed.what === 'ended' ? onEnded : onBegun)(parsed.connection);
        },
        onRestart: onGap,
      }),
    ),
  };
};
