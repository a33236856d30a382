//   technician --- sg0 (veth) --- edge --- eth0 --- camera
//                                                   no address until a magic packet for it is on the wire
import { join } from 'node:path';
import { createLab, type Lab, requireLab } from '@sidegate/lab';
import type { Forward, Host } from '@sidegate/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EDGE, SCOPES, TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import { CAMERA, type ForwardingSite, openForwardingSite } from '../forwarding/testing/forwarding-site.ts';

const SCRIPT = join(import.meta.dirname, 'testing', 'wake-here.ts');
/** Longer than the kernel asks by ARP before it tells the client that nobody is there. */
const BOOT_SEC = 4;

describe.skipIf(await requireLab())('a sleeping host that is published', () => {
  let lab: Lab;
  let site: ForwardingSite;
  beforeAll(async () => {
    lab = await createLab();
    site = await openForwardingSite(lab);
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  it('wakes on the first connection, which then succeeds', async () => {
    const { camera, edge, peers, host } = site;
    const { stdout } = await camera.run('ip', ['-j', 'link', 'show', 'eth0']);
    const mac: string = JSON.parse(stdout)[0].address;
    const known = {
      id: 'h_aaaaaaaaaaaaaaaa',
      mac,
      addresses: [CAMERA],
      name: 'camera',
      services: [],
    } as unknown as Host;
    const scopes = SCOPES.map((scope) => ({ ...scope, interfaceName: 'eth0' }));
    host.setFact('hosts', [known]);
    host.setFact('scopes', scopes);
    const forward = await site.add({ target: { kind: 'host', hostId: known.id }, wake: true });
    const facts = {
      hosts: [known],
      scopes,
      forwards: [forward satisfies Forward],
      'network-map': host.fact('network-map'),
    };
    await using agent = edge.spawn(process.execPath, [SCRIPT, '/run', JSON.stringify(facts)]);
    await agent.waitForOutput(/ready/);
    // Asleep: no address, and an ear on the wire for a magic packet of its own.
    await camera.run('ip', ['addr', 'flush', 'dev', 'eth0']);
    await edge.run('ip', ['neigh', 'flush', 'dev', 'eth0']);
    const own = `0x${mac.replaceAll(':', '').slice(0, 8)}`;
    const magic = `udp port 9 and udp[8:4] = 0xffffffff and udp[14:4] = ${own}`;
    const boot = camera.run('sh', [
      '-c',
      `tcpdump -i eth0 -c 1 -n '${magic}' && sleep ${BOOT_SEC} && ip addr add ${CAMERA}/24 dev eth0`,
    ]);
    const url = `http://${EDGE.address4}:${forward.edgePort}/`;
    const argv = ['-s', '-o', '/dev/null', '-m', '25', '--interface', TECHNICIAN.address4];
    const { stdout: said } = await peers.run('curl', [...argv, '-w', '%{http_code} %{time_total}', url]);
    const [status, tookSec] = said.split(' ');
    expect(status).toBe('200');
    expect(Number(tookSec)).toBeGreaterThan(BOOT_SEC - 1);
    await boot;
  }, 60_000);
});
