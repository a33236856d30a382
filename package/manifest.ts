/** What is in our packages, for every format: the one place that says which file goes where. */
import type { FormatSpec, Item, PackageManifest } from './src/manifest-types.ts';
import type { Origin } from './src/read-package.ts';

const LIB = '/usr/lib/sidegate';
const EXECUTABLE = 0o755;
const SECRET = 0o600;
const AGENT = 'agent/dist/sidegate.mjs';
const BROKER_LIB = '/usr/lib/sidegate-broker';

/** The same for all. */
export const ORIGIN: Origin = {
  maintainer: 'The Sidegate authors <packages@sidegate.example>',
  license: 'Apache-2.0',
  url: 'https://sidegate.example/',
};

/** The agent itself, wherever it runs. */
const agent: readonly Item[] = [
  { source: { from: AGENT }, to: `${LIB}/sidegate.mjs` },
  { source: { tree: 'webui/dist/edge' }, to: `${LIB}/webui/edge` },
];

/** What a shell user of Debian expects, and a router has no room for. */
const forPeople: readonly Item[] = [
  { source: { from: 'agent/man/sidegate.1' }, to: '/usr/share/man/man1/sidegate.1.gz', gzip: true },
  {
    source: { printedBy: [AGENT, 'completion', 'bash'] },
    to: '/usr/share/bash-completion/completions/sidegate',
  },
  { source: { printedBy: [AGENT, 'completion', 'zsh'] }, to: '/usr/share/zsh/vendor-completions/_sidegate' },
  {
    source: { printedBy: [AGENT, 'completion', 'fish'] },
    to: '/usr/share/fish/vendor_completions.d/sidegate.fish',
  },
];

const debianDocs = (name: string): readonly Item[] => [
  { source: { from: 'package/files/debian/copyright' }, to: `/usr/share/doc/${name}/copyright` },
  { source: { from: 'CHANGELOG.md' }, to: `/usr/share/doc/${name}/changelog.gz`, gzip: true },
];

const debianScripts = (name: string): FormatSpec['scripts'] => ({
  preinst: `package/files/debian/${name}.preinst`,
  postinst: `package/files/debian/${name}.postinst`,
  prerm: `package/files/debian/${name}.prerm`,
  postrm: `package/files/debian/${name}.postrm`,
});

const openwrt: readonly Item[] = [
  ...agent,
  {
    source: { from: 'openwrt/sidegate/files/sidegate.launcher' },
    to: '/usr/bin/sidegate',
    mode: EXECUTABLE,
  },
  { source: { from: 'openwrt/sidegate/files/sidegate.init' }, to: '/etc/init.d/sidegate', mode: EXECUTABLE },
  {
    source: { from: 'openwrt/sidegate/files/sidegate.config' },
    to: '/etc/config/sidegate',
    mode: SECRET,
    conffile: true,
  },
  {
    source: { from: 'openwrt/sidegate/files/sidegate.uci-defaults' },
    to: '/etc/uci-defaults/90_sidegate',
    mode: EXECUTABLE,
  },
  {
    source: { from: 'openwrt/sidegate/files/sidegate.acl.json' },
    to: '/usr/share/rpcd/acl.d/sidegate.json',
  },
];

/** What the agent runs on OpenWrt: busybox's ip prints no JSON; the table of makers is a package of its own. */
const OPENWRT_DEPENDS = [
  'libc',
  'arp-scan',
  'arp-scan-database',
  'conntrack',
  'ip-full',
  'kmod-nft-nat',
  'kmod-wireguard',
  'nftables-json',
  'rpcd',
  'wireguard-tools',
];

const sidegate: PackageManifest = {
  name: 'sidegate',
  summary: 'Side gate into a home network: agent and command line',
  description:
    'Reaches devices behind a router through a direct WireGuard tunnel: finds them on the LAN, publishes a port or a page of one to those who may use it, and to nobody else.',
  section: 'net',
  version: { of: 'agent' },
  formats: {
    deb: {
      architecture: 'all',
      depends: [
        'nodejs (>= 20.11) | sidegate-runtime',
        'iproute2',
        'nftables',
        'wireguard-tools',
        'init-system-helpers (>= 1.54~)',
      ],
      recommends: ['arp-scan', 'conntrack'],
      suggests: ['avahi-daemon', 'wireguard-go'],
      items: [
        ...agent,
        { source: { text: '{}\n' }, to: '/etc/sidegate/config.json', mode: SECRET, conffile: true },
        ...forPeople,
        ...debianDocs('sidegate'),
        {
          source: { from: 'package/files/debian/sidegate.launcher' },
          to: '/usr/bin/sidegate',
          mode: EXECUTABLE,
        },
        {
          source: { from: 'package/files/debian/sidegate.service' },
          to: '/usr/lib/systemd/system/sidegate.service',
        },
        {
          source: { from: 'package/files/debian/sidegate.network' },
          to: '/usr/lib/systemd/network/00-sidegate.network',
        },
        {
          source: { from: 'package/files/debian/sidegate.networkmanager' },
          to: '/usr/lib/NetworkManager/conf.d/sidegate.conf',
        },
      ],
      scripts: debianScripts('sidegate'),
    },
    ipk: {
      architecture: 'all',
      depends: [...OPENWRT_DEPENDS, 'node'],
      items: openwrt,
      keep: ['/etc/sidegate/'],
      scripts: {
        preinst: 'package/files/openwrt/sidegate.ipk-preinst',
        postinst: 'package/files/openwrt/sidegate.ipk-postinst',
        prerm: 'package/files/openwrt/sidegate.ipk-prerm',
        postrm: 'package/files/openwrt/sidegate.ipk-postrm',
      },
    },
    apk: {
      architecture: 'noarch',
      // Where apk is, the official feed has no Node.js: the launcher says what to install.
      depends: OPENWRT_DEPENDS,
      items: openwrt,
      keep: ['/etc/sidegate/'],
      scripts: {
        'pre-upgrade': 'package/files/openwrt/sidegate.apk-pre-upgrade',
        'post-install': 'package/files/openwrt/sidegate.apk-post-install',
        'post-upgrade': 'package/files/openwrt/sidegate.apk-post-upgrade',
        'pre-deinstall': 'package/files/openwrt/sidegate.apk-pre-deinstall',
        'post-deinstall': 'package/files/openwrt/sidegate.apk-post-deinstall',
      },
    },
  },
};

const LUCI = 'openwrt/luci-app-sidegate';
const LUCI_VIEW = '/luci-static/resources/view/sidegate/overview.js';
const LUCI_MENU = '/usr/share/luci/menu.d/luci-app-sidegate.json';
const LUCI_ACL = '/usr/share/rpcd/acl.d/luci-app-sidegate.json';
const luciDepends = ['libc', 'luci-base', 'sidegate'];
const luciItems: readonly Item[] = [
  { source: { from: `${LUCI}/htdocs${LUCI_VIEW}` }, to: `/www${LUCI_VIEW}` },
  { source: { from: `${LUCI}/root${LUCI_MENU}` }, to: LUCI_MENU },
  { source: { from: `${LUCI}/root${LUCI_ACL}` }, to: LUCI_ACL },
];

const luciApp: PackageManifest = {
  name: 'luci-app-sidegate',
  summary: 'Sidegate in LuCI',
  description: 'The state of Sidegate in LuCI, joining a network, and the way into its web UI.',
  section: 'luci',
  version: { of: 'agent' },
  formats: {
    ipk: {
      architecture: 'all',
      depends: luciDepends,
      items: luciItems,
      scripts: { postinst: 'package/files/openwrt/luci-app-sidegate.ipk-postinst' },
    },
    apk: {
      architecture: 'noarch',
      depends: luciDepends,
      items: luciItems,
      scripts: {
        'post-install': 'package/files/openwrt/luci-app-sidegate.apk-post-install',
        'post-upgrade': 'package/files/openwrt/luci-app-sidegate.apk-post-install',
      },
    },
  },
};

const broker: PackageManifest = {
  name: 'sidegate-broker',
  summary: 'Side gate into a home network: broker and portal',
  description:
    'Where the machines of a Sidegate network enrol, find each other and, where no direct path exists, are relayed. It never sees a traffic key.',
  section: 'net',
  version: { of: 'broker' },
  formats: {
    deb: {
      architecture: 'all',
      depends: ['nodejs (>= 24.7) | sidegate-runtime (>= 24.7)', 'adduser', 'init-system-helpers (>= 1.54~)'],
      items: [
        { source: { from: 'broker/dist/sidegate-broker.mjs' }, to: `${BROKER_LIB}/sidegate-broker.mjs` },
        {
          source: { from: 'broker/dist/sidegate-broker.mjs.LEGAL.txt' },
          to: '/usr/share/doc/sidegate-broker/LEGAL.txt',
        },
        { source: { tree: 'webui/dist/portal' }, to: `${BROKER_LIB}/portal` },
        {
          source: { from: 'package/files/debian/sidegate-broker.launcher' },
          to: '/usr/bin/sidegate-broker',
          mode: EXECUTABLE,
        },
        {
          source: { from: 'package/files/debian/sidegate-broker.service' },
          to: '/usr/lib/systemd/system/sidegate-broker.service',
        },
        {
          source: { from: 'package/files/debian/sidegate-broker.json' },
          to: '/etc/sidegate-broker/config.json',
          conffile: true,
        },
        ...debianDocs('sidegate-broker'),
      ],
      scripts: debianScripts('sidegate-broker'),
    },
  },
};

/** All packages. */
export const PACKAGES: readonly PackageManifest[] = [sidegate, luciApp, broker];
