/**
 * A router's port mapping service: real miniupnpd, which speaks PCP, NAT-PMP and UPnP. Its rules stand in a table of
 * their own, so that the router's can be replaced beside it. It maps nothing where the outside address is one of those
 * that RFC 6890 sets aside, the documentation networks among them: such a home needs a `wan` that looks public. Nothing
 * of a lab leaves the machine, so any will do; ours are out of 11.0.0.0/8.
 */
import { rm } from 'node:fs/promises';
import type { LabProcess } from './lab-process.ts';
import type { Machine } from './machine.ts';
import type { Segment } from './segment.ts';

const CONFIG = '/etc/miniupnpd-lab.conf';
const PID_FILE = '/run/miniupnpd-lab.pid';
/** RFC 6886 section 3.1. */
const PORT = 5351;

/** Chains that miniupnpd fills, and those that lead there: as its own script makes them, but for the policy. */
const TABLE = `
table inet miniupnpd
delete table inet miniupnpd
table inet miniupnpd {
  chain mapped_forward {
  }
  chain mapped_in {
  }
  chain mapped_out {
  }
  chain forward {
    type filter hook forward priority -1; policy accept;
    jump mapped_forward
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    jump mapped_in
  }
  chain postrouting {
    type nat hook postrouting priority srcnat - 10; policy accept;
    jump mapped_out
  }
}
`;

const renderConfig = (wanName: string, lan: Segment, lanCidr: string): string =>
  [
    `ext_ifname=${wanName}`,
    `listening_ip=${lan.ifName}`,
    'http_port=0',
    'enable_natpmp=yes',
    'enable_upnp=yes',
    'secure_mode=yes',
    // Its epoch is then its own age: after a restart it tells that it forgot.
    'system_uptime=no',
    'uuid=00000000-0000-4000-8000-000000000001',
    'upnp_table_name=miniupnpd',
    'upnp_nat_table_name=miniupnpd',
    'upnp_forward_chain=mapped_forward',
    'upnp_nat_chain=mapped_in',
    'upnp_nat_postrouting_chain=mapped_out',
    `allow 1024-65535 ${lanCidr} 1024-65535`,
    'deny 0-65535 0.0.0.0/0 0-65535',
    '',
  ].join('\n');

/** See the top of this file. */
export class PortMapper {
  readonly #router: Machine;
  #service: LabProcess | undefined;

  private constructor(router: Machine) {
    this.#router = router;
  }

  /** Starts it on a router that has its uplink. */
  static async start(router: Machine, wanName: string, lan: Segment, lanCidr: string): Promise<PortMapper> {
    await router.writeFile(CONFIG, renderConfig(wanName, lan, lanCidr));
    const mapper = new PortMapper(router);
    await mapper.#makeTable();
    await mapper.launch();
    return mapper;
  }

  /** What is mapped just now, as `40000 -> 192.168.1.2:40000`. */
  async mappings(): Promise<readonly string[]> {
    const { stdout } = await this.#router.run('nft', ['list', 'chain', 'inet', 'miniupnpd', 'mapped_in']);
    return [...stdout.matchAll(/th dport (\d+) dnat ip to (\S+)/g)].map(([, port, to]) => `${port} -> ${to}`);
  }

  /** It crashes, and all mappings are gone, as with a router that restarts. `launch` brings it back. */
  async crash(): Promise<void> {
    this.#service?.kill('SIGKILL');
    await this.#service?.exited;
    await this.#makeTable();
  }

  /** Starts the service over the table that is there. */
  async launch(): Promise<void> {
    // Left behind by a killed one, it may by now name another process.
    await rm(this.#router.path(PID_FILE), { force: true });
    this.#service = this.#router.spawn('miniupnpd', ['-d', '-f', CONFIG, '-P', PID_FILE]);
    await this.#router.waitFor({ udp: PORT });
  }

  async #makeTable(): Promise<void> {
    await this.#router.run('nft', ['-f', '-'], { input: TABLE });
  }
}
