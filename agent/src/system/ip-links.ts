import type { Links, Run } from '../ports/index.ts';
import { OWN_ROUTE_PROTOCOL } from './ensure-tunnel-routes.ts';
import { type FollowDeps, followForever } from './follow-forever.ts';
import {
  parseIpLinks,
  parseIpNeighbours,
  parseIpRoutes,
  parseMonitorLine,
  parseMonitorNeighbour,
} from './ip-json.ts';

/** Interfaces, routes and neighbours through iproute2. */
export const createIpLinks = (run: Run, following: FollowDeps): Links => ({
  async readLinks(signal) {
    return parseIpLinks((await run('ip', ['-j', '-d', 'address', 'show'], { signal })).stdout);
  },
  async readRoutes(signal) {
    const four = await run('ip', ['-j', '-4', 'route', 'show'], { signal });
    // Where IPv6 is turned off, `ip -6` fails.
    const six = await run('ip', ['-j', '-6', 'route', 'show'], { signal, okCodes: [1, 2] });
    // Ours are of no interest to anybody here, and in a large account they are twenty thousand.
    const parse = (text: string, family: 4 | 6) => parseIpRoutes(text, family, undefined, OWN_ROUTE_PROTOCOL);
    return [...parse(four.stdout, 4), ...parse(six.stdout, 6)];
  },
  async readNeighbours(signal) {
    return parseIpNeighbours((await run('ip', ['-j', 'neighbour', 'show'], { signal })).stdout);
  },
  watch(onChange) {
    const argv = ['-o', 'monitor', 'label', 'link', 'address', 'route', 'neigh'];
    return followForever(following, 'ip', argv, {
      onLine(line) {
        const what = parseMonitorLine(line, OWN_ROUTE_PROTOCOL);
        if (what !== undefined)
          onChange(what, what === 'neighbour' ? parseMonitorNeighbour(line) : undefined);
      },
      onRestart: () => onChange('link'),
    });
  },
});
