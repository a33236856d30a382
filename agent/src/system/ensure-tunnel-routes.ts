import type { IfName, Run } from '../ports/index.ts';
import { parseIpRoutes } from './ip-json.ts';

/** Marks our routes, so that we remove ours and nobody else's. Free in iproute2's `rt_protos`; "S" is 83. */
export const OWN_ROUTE_PROTOCOL = '83';

const HOST_ROUTE = /\/(32|128)$/;
const FAMILIES = ['-4', '-6'] as const;

const familyOf = (network: string) => (network.includes(':') ? '-6' : '-4');

const readOurs = async (run: Run, name: IfName, signal: AbortSignal): Promise<readonly string[]> => {
  const routes: string[] = [];
  for (const family of FAMILIES) {
    const argv = ['-j', family, 'route', 'show', 'dev', name, 'proto', OWN_ROUTE_PROTOCOL];
    // Where IPv6 is turned off, `ip -6` fails: then there are no routes.
    const okCodes = family === '-6' ? [1, 2] : [];
    const { stdout, exitCode } = await run('ip', argv, { signal, okCodes });
    if (exitCode === 0)
      routes.push(
        ...parseIpRoutes(stdout, family === '-6' ? 6 : 4, name).map(({ destination }) => destination),
      );
  }
  return routes;
};

/** One `ip` for each family and verb that has something to do; new routes come before old ones go. */
export const ensureTunnelRoutes = async (
  run: Run,
  name: IfName,
  networks: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const wide = networks.find((network) => !HOST_ROUTE.test(network));
  if (wide !== undefined) throw new RangeError(`Not one address: ${wide}`);
  const present = new Set(await readOurs(run, name, signal));
  const wanted = new Set(networks);
  const batch = async (verb: 'replace' | 'delete', all: readonly string[]) => {
    for (const family of FAMILIES) {
      const lines = all
        .filter((network) => familyOf(network) === family)
        .map((network) => `route ${verb} ${network} dev ${name} proto ${OWN_ROUTE_PROTOCOL}\n`);
      if (lines.length === 0) continue;
      // A route that is gone already, and a machine without IPv6, are no failures.
      const okCodes = family === '-6' || verb === 'delete' ? [1, 2] : [];
      await run('ip', [family, '-force', '-batch', '-'], { input: lines.join(''), signal, okCodes });
    }
  };
  await batch(
    'replace',
    networks.filter((network) => !present.has(network)),
  );
  await batch(
    'delete',
    [...present].filter((network) => !wanted.has(network)),
  );
};
