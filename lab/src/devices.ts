/**
 * What homes are full of. Each device is a machine with real servers on it: those under `devices/` run on Node inside
 * the machine, the others are the very programs that such devices run.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hostsOf, ip4ToNumber } from '@sidegate/kit';
import type { Cidr4 } from '@sidegate/protocol';
import type { LabProcess } from './lab-process.ts';
import type { Machine } from './machine.ts';

const runDevice = (machine: Machine, script: string, args: readonly string[] = []): LabProcess =>
  machine.spawn(process.execPath, [join(import.meta.dirname, 'devices', script), ...args]);

/** HTTP with a picture on 80, RTSP on 554. */
export const startCamera = async (machine: Machine): Promise<void> => {
  await runDevice(machine, 'camera.ts', [machine.name]).waitForOutput(/ready/);
};

const PRINTER_MODEL = 'Brother HL-L2350DW';

/** HTTP on 631, announced by Avahi over mDNS. */
export const startPrinter = async (machine: Machine): Promise<void> => {
  await mkdir(machine.path('/etc/avahi/services'), { recursive: true });
  await Promise.all([
    machine.writeFile('/etc/avahi/avahi-daemon.conf', renderAvahiConfig(machine.name)),
    machine.writeFile('/etc/avahi/services/printer.service', renderPrinterService(machine.name)),
  ]);
  const avahi = machine.spawn('avahi-daemon', ['--no-drop-root', '--no-chroot', '--no-rlimits']);
  const page = runDevice(machine, 'printer.ts', [PRINTER_MODEL]);
  await Promise.all([avahi.waitForOutput(/Server startup complete/), page.waitForOutput(/ready/)]);
};

const renderAvahiConfig = (name: string): string => `[server]
host-name=${name}
use-ipv6=no
allow-interfaces=eth0
enable-dbus=no
[publish]
publish-workstation=no
publish-hinfo=no
`;

const renderPrinterService = (name: string): string => `<?xml version="1.0" standalone="no"?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name>${PRINTER_MODEL}</name>
  <service>
    <type>_ipp._tcp</type>
    <port>631</port>
    <txt-record>txtvers=1</txt-record>
    <txt-record>ty=${PRINTER_MODEL}</txt-record>
    <txt-record>rp=ipp/print</txt-record>
    <txt-record>adminurl=http://${name}.local:631/</txt-record>
    <txt-record>pdl=application/pdf,image/pwg-raster</txt-record>
  </service>
</service-group>
`;

/** A real SSH server on 22, HTTPS with a self-signed certificate that carries its name on 443. */
export const startNas = async (machine: Machine): Promise<void> => {
  const directory = '/var/lib/nas';
  await mkdir(machine.path(directory), { recursive: true });
  const subject = `/O=Synology Inc./CN=${machine.name}`;
  const certificate = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'];
  await Promise.all([
    machine.run('dropbearkey', ['-t', 'ed25519', '-f', `${directory}/host-key`]),
    machine.run(
      'openssl',
      ['req', '-x509', ...certificate, '-subj', subject, '-keyout', 'key.pem', '-out', 'certificate.pem'],
      { cwd: directory },
    ),
  ]);
  // In the foreground, to standard error, no password log-ins, no log-ins of root, no pid file.
  machine.spawn('dropbear', ['-F', '-E', '-s', '-w', '-P', '/dev/null', '-r', `${directory}/host-key`]);
  const page = runDevice(machine, 'nas.ts', [machine.name, directory]);
  await Promise.all([machine.waitFor({ tcp: 22 }), page.waitForOutput(/ready/)]);
};

/** A cable modem's page, on 80. */
export const startModem = async (machine: Machine): Promise<void> => {
  await runDevice(machine, 'modem.ts').waitForOutput(/ready/);
};

/** A hardware address of its own for every address: bit 1 of the first byte is not set, so that it may be a maker's. */
const renderDisguise = (networks: readonly Cidr4[]): string => {
  const hex = (byte: number) => (byte & 255).toString(16).padStart(2, '0');
  const elements = networks.flatMap((network) =>
    [...hostsOf(network)].map((address) => {
      const number = ip4ToNumber(address);
      const bytes = [(number * 4) & 0xfc, number * 37, number * 11, 0x13, number >> 8, number];
      return `${address} : ${bytes.map(hex).join(':')}`;
    }),
  );
  const change = 'arp operation reply arp saddr ether set arp saddr ip map @faces';
  return `table arp disguise {
  map faces { type ipv4_addr : ether_addr; elements = { ${elements.join(', ')} } }
  chain output {
    type filter hook output priority 0; policy accept;
    ${change}
  }
}
`;
};

/** Has every address of these networks too, those `disguised` each with its own hardware address; floods who listens. */
export const startLiar = async (
  machine: Machine,
  claims: readonly string[],
  disguised: readonly string[] = [],
): Promise<void> => {
  await machine.configure([...claims, ...disguised].map((claim) => `route add local ${claim} dev eth0`));
  if (disguised.length > 0)
    await machine.run('nft', ['-f', '-'], { input: renderDisguise(disguised as readonly Cidr4[]) });
  await runDevice(machine, 'liar.ts', [(await machine.address()) ?? '']).waitForOutput(/ready/);
};

/** UPnP: answers searches, and describes itself on 49152, or sends the curious to `redirect`. */
export const startTelevision = async (machine: Machine, redirect?: string): Promise<void> => {
  const more = redirect === undefined ? [] : [redirect];
  const device = runDevice(machine, 'upnp.ts', [`[LG] webOS TV ${machine.name}`, 'OLED55', ...more]);
  await device.waitForOutput(/ready/);
};

/** A camera that is found by WS-Discovery alone. */
export const startOnvifCamera = async (machine: Machine): Promise<void> => {
  const address = (await machine.address()) ?? '';
  await runDevice(machine, 'onvif.ts', ['Garden gate', 'C200', address]).waitForOutput(/ready/);
};

/** A Windows machine as far as NetBIOS shows it. */
export const startComputer = async (machine: Machine): Promise<void> => {
  await runDevice(machine, 'netbios.ts', [`desktop-${machine.name}`, 'HOME']).waitForOutput(/ready/);
};

/** Answers ARP, drops every IP packet. */
export const startThing = async (machine: Machine): Promise<void> => {
  const chain = 'type filter hook input priority filter; policy drop;';
  await machine.run('nft', ['-f', '-'], {
    input: `table inet mute {\n  chain input {\n    ${chain}\n  }\n}\n`,
  });
};

/** Gets its address by DHCP under its own name; nothing listens on it. */
export const startPhone = async (machine: Machine): Promise<void> => {
  // Without an address there is no route yet, not even for broadcasts.
  await machine.configure(['route add 255.255.255.255 dev eth0']);
  const { stdout } = await machine.run(process.execPath, [
    join(import.meta.dirname, 'devices', 'dhcp-client.ts'),
    machine.name,
  ]);
  const lease = JSON.parse(stdout) as {
    readonly address: string;
    readonly bits: number;
    readonly router: string;
  };
  await machine.configure([
    'route flush dev eth0',
    `addr add ${lease.address}/${lease.bits} broadcast + dev eth0`,
    `route replace default via ${lease.router} dev eth0`,
  ]);
};
