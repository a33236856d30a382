/**
 * Who may import whom, held against what the bundler really put together. A forbidden edge carries its reason, so
 * that whoever meets it learns why.
 */
import { ROOT } from '@sidegate/lab/demo';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

interface Forbidden {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly reason: string;
}

const DOMAIN = /^agent\/src\/(tunnel|paths|forwarding|discovery|naming|port-mapping|strangers)\//;
const FORBIDDEN: readonly Forbidden[] = [
  {
    from: /^protocol\//,
    to: /^(kit|relay|agent|broker|webui|lab)\//,
    reason: 'the wire contract imports nothing of ours',
  },
  { from: /^kit\//, to: /^(relay|agent|broker|webui|lab)\//, reason: 'kit knows nothing above it' },
  {
    from: /^relay\//,
    to: /^(agent|broker|webui|lab)\//,
    reason: 'the beacon sees the directory it is given, whoever hosts it',
  },
  { from: /^agent\//, to: /^(broker|webui|lab)\//, reason: 'the agent meets the broker on the wire' },
  { from: /^broker\//, to: /^(agent|webui|lab)\//, reason: 'the broker meets agents on the wire' },
  {
    from: DOMAIN,
    to: /^agent\/src\/(core|system|platform|plugins|cli)\//,
    reason: 'domain folders are pure: data in, data out',
  },
  {
    from: DOMAIN,
    to: /^node:(child_process|dgram|net|http|fs|fs\/promises)$/,
    reason: 'domain folders do no I/O',
  },
  {
    from: /^agent\/src\/plugin-api\//,
    to: /^agent\/src\/(core|system|platform|plugins|cli)\//,
    reason: 'the contract knows no implementation',
  },
  {
    from: /^agent\/src\/(core|platform|system|config)\//,
    to: /^agent\/src\/(plugins|cli)\//,
    reason: 'only the daemon names plugins',
  },
  {
    from: /^agent\/src\/plugins\/(?!index)/,
    to: /^agent\/src\/(core|system|platform)\//,
    reason: 'plugins see the host, the ports and pure code',
  },
  {
    from: /^agent\/src\/(?!system\/)/,
    to: /^(execa|node:child_process)$/,
    reason: 'only system/ runs programs',
  },
  { from: /^broker\/src\/http\//, to: /^(broker\/src\/store|relay)\//, reason: 'handlers call services' },
  { from: /^broker\/src\/service\//, to: /^broker\/src\/http\//, reason: 'services know no HTTP' },
  { from: /^broker\/src\/(?!store\/)/, to: /^(kysely|pg|node:sqlite)$/, reason: 'store alone knows SQL' },
];

/** Every import of one of our files, as `from -> to`, with packages by their bare name. */
const edgesOf = async (entry: string): Promise<readonly (readonly [string, string])[]> => {
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return Object.entries(metafile.inputs)
    .filter(([path]) => !path.startsWith('node_modules/'))
    .flatMap(([path, { imports }]) =>
      imports.map(
        (found) =>
          [
            path,
            found.external ? found.path : found.path.replace(/^node_modules\/((?:@[^/]+\/)?[^/]+)\/.*/, '$1'),
          ] as const,
      ),
    );
};

test.each(['agent/src/main.ts', 'broker/src/main.ts'])('%s keeps the boundaries', async (entry) => {
  const edges = await edgesOf(entry);
  expect(edges.length).toBeGreaterThan(50);
  const broken = edges.flatMap(([from, to]) =>
    FORBIDDEN.filter((rule) => rule.from.test(from) && rule.to.test(to)).map(
      (rule) => `${from} -> ${to}: ${rule.reason}`,
    ),
  );
  expect(broken).toEqual([]);
});
