/**
 * Says so where another program's firewall drops what is published. Looked at when publications or the tunnel change
 * and every few minutes while something is published; never while nothing is.
 */
import { createSingleFlight } from '@sidegate/kit';
import { describeObstacle, findObstacles, listFirewalls } from '../../forwarding/rules/foreign-firewalls.ts';
import type { PluginHost } from '../../plugin-api/index.ts';

const INTERVAL_MS = 5 * 60_000;
/** Bursts of changes are one look. */
const DEBOUNCE_MS = 1_000;
const CODE = 'firewall-in-the-way';

/** Looks until disposed. */
export const watchObstacles = (host: PluginHost, hasSomething: () => boolean): Disposable => {
  const { clock, facts, health, log, ports, signal } = host;
  let timer: Disposable | undefined;
  const look = async () => {
    const interfaceName = facts.get('tunnel')?.interfaceName;
    if (interfaceName === undefined || !hasSomething()) return health.clear(CODE);
    const objects = await listFirewalls((file, args) => ports.run(file, args, { signal }));
    const [obstacle] = findObstacles(objects ?? [], interfaceName).filter(({ hook }) => hook === 'forward');
    if (obstacle === undefined) health.clear(CODE);
    else
      health.raise({ code: CODE, severity: 'error', title: describeObstacle(obstacle), hint: obstacle.hint });
    lookIn(INTERVAL_MS);
  };
  const flight = createSingleFlight(() =>
    look().catch((error: unknown) => log.debug('look for other firewalls', { error })),
  );
  const lookIn = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    if (!signal.aborted) timer = clock.after(delayMs, () => void flight.request());
  };
  const watches = (['tunnel', 'forwards', 'addresses'] as const).map((fact) =>
    facts.watch(fact, () => lookIn(DEBOUNCE_MS)),
  );
  return {
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      for (const watch of watches) watch[Symbol.dispose]();
    },
  };
};
