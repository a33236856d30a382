/**
 * The real Docker beside ours: its daemon, its rules, a container with a published port, and restarts of it.
 *
 *   peers 100.64.0.2-4 ── sg0 ── edge 192.168.1.2 ── lan ── camera 192.168.1.20
 *                                  └─ docker0 ── container, published at edge:8080
 *
 * Docker makes FORWARD drop where it is the one who turns forwarding on, which is where it came before the agent. So
 * there are two edges. Where a container cannot run because of the host's control groups, its test is skipped.
 */
import { createLab, type Docker, type Lab, requireLab, startDocker, whyNoDocker } from '@sidegate/lab';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EDGE, HELPER, STRANGER, TECHNICIAN } from '../../forwarding/testing/sample-wishes.ts';
import { CAMERA, type ForwardingSite, openForwardingSite } from './testing/forwarding-site.ts';
import { listObstacles, obey } from './testing/obstacles.ts';

const URL = `http://${EDGE.address4}:8001/`;
/** As the tunnel's peers and the LAN would reach what Docker publishes. */
const DOCKERS_OWN = { tunnel: `http://${EDGE.address4}:8080/`, lan: 'http://192.168.1.2:8080/' };
const CONTAINER = 'http://172.17.0.2/';

const open = (site: ForwardingSite, { address4 } = TECHNICIAN) => site.open(site.peers, address4, URL);

const no = whyNoDocker();
if (no !== undefined) console.warn(`beside Docker is skipped: ${no}`);

describe.skipIf(no !== undefined || (await requireLab()))('beside Docker', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab();
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  describe('that came before the agent', () => {
    let docker: Docker;
    let site: ForwardingSite;
    beforeAll(async () => {
      site = await openForwardingSite(lab, {
        beforeAgent: async (edge) => {
          docker = await startDocker(edge);
        },
      });
      await site.add({ edgePort: 8001 });
    });
    afterAll(async () => {
      await docker?.[Symbol.asyncDispose]();
      await site?.[Symbol.asyncDispose]();
    });

    it('is told that it drops, does what it is told, and is open; also after Docker restarts', async () => {
      expect(await open(site)).toBe('none');
      const { title, hint } = await vi.waitFor(
        () => {
          const warning = site.host.health().find(({ code }) => code === 'firewall-in-the-way');
          expect(warning).toBeDefined();
          return warning!;
        },
        { timeout: 5_000, interval: 50 },
      );
      expect(title).toBe('Chain FORWARD of ip filter (docker) drops: forwards to hosts do not work');
      await obey(site.edge, hint!);
      expect(await Promise.all([open(site), open(site, STRANGER)])).toEqual(['200', 'none']);
      expect(await listObstacles(site.edge)).toEqual([]);
      await docker.restart();
      expect(await open(site)).toBe('200');
      await docker.run(['network', 'create', 'another']);
      expect(await open(site)).toBe('200');
      expect(await listObstacles(site.edge)).toEqual([]);
    });
  });

  describe('that comes after the agent', () => {
    let docker: Docker;
    let site: ForwardingSite;
    /** Whether a container runs: why not. */
    let noContainer: string | undefined;
    beforeAll(async () => {
      site = await openForwardingSite(lab, { name: 'birch', wan: '198.51.100.3', peersAt: '203.0.113.41' });
      await site.add({ edgePort: 8001 });
      docker = await startDocker(site.edge);
      await docker.importBusybox();
      const options = ['--detach', '--restart=always', '--stop-signal=KILL', '--publish=8080:80'];
      const { exitCode, stderr } = await docker.run(
        ['run', ...options, 'busybox', 'httpd', '-f', '-h', '/'],
        { reject: false },
      );
      noContainer = exitCode === 0 ? undefined : stderr;
    });
    afterAll(async () => {
      await docker?.[Symbol.asyncDispose]();
      await site?.[Symbol.asyncDispose]();
    });

    /** What Docker promises: its port for the LAN, and the LAN for its containers. */
    const dockersOwn = async () => {
      const [inwards, { exitCode }] = await Promise.all([
        site.open(site.camera, undefined, DOCKERS_OWN.lan),
        docker.run(['run', '--rm', 'busybox', 'nc', '-w', '2', CAMERA, '80'], { reject: false }),
      ]);
      return { inwards, outwards: exitCode };
    };

    it('works, and goes on when Docker restarts', async () => {
      expect(await open(site)).toBe('200');
      expect(await listObstacles(site.edge)).toEqual([]);
      await docker.restart();
      expect(await open(site)).toBe('200');
    });

    it('leaves Docker’s own ports to the LAN, and closed to peers', async (context) => {
      if (noContainer !== undefined) context.skip(`no container runs here: ${noContainer}`);
      expect(await dockersOwn()).toEqual({ inwards: '200', outwards: 0 });
      await site.peers.configure([`route add 172.17.0.0/16 via ${EDGE.address4} dev sg0`]);
      const tries = [TECHNICIAN, HELPER, STRANGER].flatMap(({ address4 }) =>
        [DOCKERS_OWN.tunnel, CONTAINER].map((url) => site.open(site.peers, address4, url)),
      );
      expect(new Set(await Promise.all(tries))).toEqual(new Set(['none']));
    });

    it('leaves forwarding on for Docker when its own last publication goes', async (context) => {
      if (noContainer !== undefined) context.skip(`no container runs here: ${noContainer}`);
      await site.removeAll();
      await site.host.settled();
      expect(await dockersOwn()).toEqual({ inwards: '200', outwards: 0 });
    });
  });
});
