import {
  type Address,
  type Forward,
  type Host,
  LIMITS,
  parseTemplatePorts,
  Template,
  type TemplatePlan,
  type TemplateView,
} from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseUciConfig } from '../../config/uci-config.ts';
import { codeFrom } from '../testing/test-host.ts';
import { plugin } from './index.ts';
import { ForwardingConfig } from './template-config.ts';
import { CAMERA, type MemorySite, mapWith, openMemorySite } from './testing/memory-site.ts';

/** The host number `n` of the LAN. */
const device = (n: number, patch: object = {}): Host =>
  ({
    ...CAMERA,
    id: `h_${String(n).padStart(16, 'b')}`,
    mac: `44:47:cc:00:01:${n.toString(16).padStart(2, '0')}`,
    addresses: [`192.168.1.${n}`],
    name: `device-${n}`,
    ...patch,
  }) as Host;
const SETTLED_MS = 2_500;

let site: MemorySite;
const open = async (options: Parameters<typeof openMemorySite>[0] = {}) => {
  await site?.[Symbol.asyncDispose]();
  site = await openMemorySite(options);
};
beforeEach(() => open());
afterEach(() => site[Symbol.asyncDispose]());

const forwards = () => site.host.call<Forward[]>('GET', '/forwards');
const templates = () => site.host.call<TemplateView[]>('GET', '/templates');
const apply = (name: string, use: object = {}, query = '') =>
  site.host.call<TemplatePlan>('POST', `/templates/${name}/apply${query}`, use);
const add = (template: object) => site.host.call<TemplateView>('POST', '/templates', template);
/** These hosts are there, and all that follows from it has happened. */
const appear = async (hosts: readonly Host[]) => {
  site.host.setFact('hosts', hosts);
  await site.clock.advance(SETTLED_MS);
  // Behind whatever a template does by itself.
  await apply('camera', {}, '?dryRun=1');
};

describe('a template', () => {
  it('publishes what matches by kind or hardware address, never twice, and each by a port of its own', async () => {
    const [second, printer] = [device(21), device(30, { kind: 'printer' })];
    site.host.setFact('hosts', [CAMERA, second, printer]);
    const plan = await apply('camera');
    expect(plan.steps.map(({ hostName, what, title }) => `${hostName} ${what} ${title}`)).toEqual([
      'camera added 80/tcp by port 8001',
      'camera added 554/tcp by port 5541',
      'device-21 added 80/tcp by port 8002',
      'device-21 added 554/tcp by port 5542',
    ]);
    expect((await forwards())[0]).toMatchObject({
      target: { kind: 'host', hostId: CAMERA.id },
      label: 'camera 80',
      note: 'Template camera',
      owner: 'anna',
    });
    expect((await apply('camera')).steps.map(({ what }) => what)).toEqual(Array(4).fill('present'));
    expect(await forwards()).toHaveLength(4);
  });

  it('shows what it would do, and does it to a single host of any sort', async () => {
    const printer = device(30, { kind: 'printer' });
    site.host.setFact('hosts', [CAMERA, printer]);
    expect((await apply('camera', { hostId: printer.id }, '?dryRun=1')).isApplied).toBe(false);
    expect(await forwards()).toEqual([]);
    await apply('camera', { hostId: printer.id });
    expect((await forwards()).map(({ targetAddress }) => targetAddress)).toEqual([
      '192.168.1.30',
      '192.168.1.30',
    ]);
    expect(await codeFrom(apply('camera', { hostId: 'h_zzzzzzzzzzzzzzzz' }))).toBe('HOST_NOT_FOUND');
    expect(await codeFrom(apply('nothing'))).toBe('TEMPLATE_NOT_FOUND');
  });

  it('stays bound to a device that moves', async () => {
    await apply('camera');
    site.host.setFact('hosts', [{ ...CAMERA, addresses: ['192.168.1.99'] } as Host]);
    await site.clock.advance(200);
    await expect.poll(async () => (await forwards())[0]?.targetAddress).toBe('192.168.1.99');
    expect((await apply('camera')).steps.map(({ what }) => what)).toEqual(['present', 'present']);
  });

  it('leaves out what is refused, with the reason', async () => {
    site.host.setFact('hosts', [device(21, { addresses: ['fe80::1'] }), CAMERA]);
    expect((await apply('camera')).steps).toMatchObject([
      { what: 'refused', code: 'FORWARD_TARGET_NOWHERE' },
      { what: 'refused' },
      { what: 'added' },
      { what: 'added' },
    ]);
    expect(await forwards()).toHaveLength(2);
  });

  it('gives addresses where it says so, with sources and an end', async () => {
    const { mac } = CAMERA;
    const given = { key: mac, name: 'camera', address4: '100.64.0.50', address6: 'fd00::32' };
    await open({ map: mapWith([given as never]) });
    await add({ name: 'door', macPrefixes: ['44:47:CC'], as: 'address', ports: ['443'], forSec: 3600 });
    await apply('door');
    expect(await site.host.call<Address[]>('GET', '/addresses')).toMatchObject([
      {
        name: 'camera',
        ports: [{ protocol: 'tcp', from: 443, to: 443 }],
        expiresAt: site.clock.wallMs() + 3_600_000,
      },
    ]);
  });
});

describe('the list of templates', () => {
  it('has those of the configuration, those added here and built-in ones, nearest first', async () => {
    await open({ config: { templates: [{ name: 'camera', kinds: ['camera'], ports: ['8080'] }] } });
    await add({ name: 'printer', macPrefixes: ['44:47:cc'], ports: ['631/both'] });
    const list = await templates();
    expect(list.map(({ name, from }) => `${name} ${from}`)).toEqual([
      'camera config',
      'printer here',
      'router built-in',
      'remote-desktop built-in',
    ]);
    expect(list.find(({ name }) => name === 'printer')?.hostIds).toEqual([CAMERA.id]);
    expect(await codeFrom(add({ name: 'camera', ports: ['1'] }))).toBe('TEMPLATE_IN_CONFIG');
    expect(await codeFrom(site.host.call('DELETE', '/templates/camera'))).toBe('TEMPLATE_IN_CONFIG');
    await site.host.call('DELETE', '/templates/printer');
    expect((await templates()).find(({ name }) => name === 'printer')?.from).toBe('built-in');
  });

  it('outlives the agent', async () => {
    await add({ name: 'door', kinds: ['doorbell'], ports: ['80'] });
    await open({ files: site.platform.fakes.files.texts });
    expect((await templates()).map(({ name }) => name)).toContain('door');
  });
});

describe('a template of the configuration with a mistake', () => {
  const GOOD = { name: 'door', kinds: ['doorbell'], ports: ['80'] };
  const wrong = (patch: object) => ({ name: 'camera', kinds: ['camera'], ports: ['80'], ...patch });

  it('costs itself and nothing else, and the list and health say why', async () => {
    await open({ config: { templates: [wrong({ ports: ['8o'] }), GOOD] } });
    const [faulty, ...others] = await templates();
    expect(faulty).toMatchObject({ name: 'camera', from: 'config', hostIds: [] });
    expect(faulty?.fault).toBe('ports such as 80, 161/udp or 10000-10019, not "8o"');
    expect(others.map(({ name, from }) => `${name} ${from}`)).toContain('door config');
    expect(site.host.health()).toMatchObject([
      {
        code: 'template-faulty',
        title: expect.stringContaining('camera'),
        hint: expect.stringContaining('"8o"'),
      },
    ]);
  });

  it('keeps its name: what else has it is not applied in its place', async () => {
    await add(wrong({ ports: ['8080'] }));
    const files = site.platform.fakes.files.texts;
    await open({ files, config: { templates: [wrong({ allow: ['a b'] })] } });
    expect((await templates()).filter(({ name }) => name === 'camera')).toHaveLength(1);
    expect(await codeFrom(apply('camera'))).toBe('TEMPLATE_FAULTY');
    expect(await codeFrom(add(wrong({})))).toBe('TEMPLATE_IN_CONFIG');
    expect(await codeFrom(site.host.call('DELETE', '/templates/camera'))).toBe('TEMPLATE_FAULTY');
    expect(await forwards()).toEqual([]);
  });

  it('goes on where it was once it is mended', async () => {
    const auto = wrong({ auto: true });
    const reopen = async (template: object) =>
      open({ files: site.platform.fakes.files.texts, config: { templates: [template] } });
    await open({ config: { templates: [auto] } });
    await appear([CAMERA]);
    const [made] = await forwards();
    await site.host.call('DELETE', `/forwards/${made!.id}`);
    await reopen({ ...auto, forSec: 1 });
    await reopen(auto);
    await appear([CAMERA]);
    expect(await forwards()).toEqual([]);
  });

  it.each([
    ['an option that there is not', wrong({ portz: ['80'] }), 'there is no option portz'],
    ['a kind that there is not', wrong({ kinds: ['cam'] }), 'but received "cam"'],
    ['a wrong beginning of a MAC address', wrong({ macPrefixes: ['44:1'] }), 'not "44:1"'],
    ['no ports', wrong({ ports: [] }), 'ports: one at least'],
    ['no name', { ports: ['80'] }, 'name: '],
    ['nothing of a template', 'camera', 'but received "camera"'],
  ])('is told of: %s', (_, template, why) => {
    const { templates } = v.parse(ForwardingConfig, { templates: [template, GOOD] });
    expect(templates).toMatchObject({ good: [GOOD], faulty: [{ why: expect.stringContaining(why) }] });
  });

  it('may be the second of a name, or one too many', () => {
    const many = Array.from({ length: LIMITS.templatesPerEdge + 1 }, (_, n) => ({ ...GOOD, name: `t${n}` }));
    const { good, faulty } = v.parse(ForwardingConfig, { templates: [GOOD, GOOD, ...many] }).templates;
    expect(good).toHaveLength(LIMITS.templatesPerEdge);
    expect(faulty.map(({ name }) => name)).toEqual(['door', 't31', 't32']);
  });

  it('may be anything at all', () => {
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 5 }), (given) => {
        const { good, faulty } = v.parse(ForwardingConfig, { templates: [...given, GOOD] }).templates;
        expect(good).toMatchObject([GOOD]);
        expect(faulty).toHaveLength(given.length);
        expect(faulty.every(({ name, why }) => name !== '' && why !== '' && why.length <= 400)).toBe(true);
      }),
    );
  });
});

describe('a template that is previewed', () => {
  it('shows what it would publish now, before there is such a template', async () => {
    const template = { name: 'door', kinds: ['camera'], ports: ['80', '554'] };
    await add({ ...template, name: 'there', ports: ['554'] });
    await apply('there');
    const plan = await site.host.call<TemplatePlan>('POST', '/templates?dryRun=1', template);
    expect(plan).toMatchObject({ isApplied: false, steps: [{ what: 'added' }, { what: 'present' }] });
    expect(await forwards()).toHaveLength(1);
    expect((await templates()).map(({ name }) => name)).not.toContain('door');
  });
});

describe('a template that applies itself', () => {
  const AUTO = { name: 'auto', kinds: ['camera'], ports: ['80'], auto: true };

  it('is off unless somebody said so', async () => {
    await appear([CAMERA, device(21)]);
    expect(await forwards()).toEqual([]);
  });

  it('publishes hosts found from then on, once, and bows to whoever takes it away', async () => {
    await add(AUTO);
    await appear([CAMERA]);
    expect(await forwards()).toEqual([]);
    await appear([CAMERA, device(21), device(22, { kind: 'printer' })]);
    const [made] = await forwards();
    expect(await forwards()).toMatchObject([{ targetAddress: '192.168.1.21', owner: 'template auto' }]);
    await site.host.call('DELETE', `/forwards/${made!.id}`);
    await appear([CAMERA, device(21, { name: 'renamed' })]);
    expect(await forwards()).toEqual([]);
    await open({ files: site.platform.fakes.files.texts, hosts: [CAMERA, device(21)] });
    await appear([CAMERA, device(21), device(23)]);
    expect((await forwards()).map(({ targetAddress }) => targetAddress)).toEqual(['192.168.1.23']);
  });

  it('publishes everything on an edge that was never here before', async () => {
    await open({ config: { templates: [AUTO] } });
    await appear([CAMERA, device(21)]);
    expect(await forwards()).toHaveLength(2);
  });

  it('stops at a crowd, and says so', async () => {
    await open({ config: { templates: [AUTO] }, hosts: [] });
    await appear(Array.from({ length: 70 }, (_, n) => device(n + 100)));
    expect(await forwards()).toHaveLength(LIMITS.autoHostsPerTemplate);
    expect(site.host.health()).toMatchObject([{ code: 'template-crowd' }]);
  });
});

describe('templates as text', () => {
  it('are sections of UCI, one each', () => {
    const config = parseUciConfig({
      camera: {
        '.type': 'template',
        kinds: ['camera', 'doorbell'],
        mac_prefixes: '44:19:B6 bc:ad:28',
        ports: ['80', '554'],
        allow: ['tag:support'],
        auto: '1',
      },
      door: { '.type': 'template', as: 'address', for_sec: '3600', kinds: 'doorbell' },
    });
    expect(config.section('forwarding', plugin.config)).toMatchObject({
      problems: [],
      value: {
        templates: {
          faulty: [],
          good: [
            {
              name: 'camera',
              kinds: ['camera', 'doorbell'],
              macPrefixes: ['44:19:b6', 'bc:ad:28'],
              ports: ['80', '554'],
              allow: ['tag:support'],
              auto: true,
            },
            { name: 'door', as: 'address', forSec: 3600 },
          ],
        },
      },
    });
  });

  it('are left out one by one, in words that fit UCI and JSON', () => {
    const config = parseUciConfig({
      camera: { '.type': 'template', kinds: 'camera', ports: '80' },
      door: { '.type': 'template', mac_prefixes: '44:1', ports: '80', for_sec: 'soon' },
    });
    const { problems, value } = config.section('forwarding', ForwardingConfig);
    expect(problems).toEqual([]);
    expect(value.templates.good.map(({ name }) => name)).toEqual(['camera']);
    expect(value.templates.faulty).toMatchObject([
      { name: 'door', why: expect.stringMatching(/^mac prefixes: .* not "44:1"; for sec: /) },
    ]);
  });

  it('name ports that are some, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 65_535 }),
        fc.integer({ min: 1, max: LIMITS.portsPerForward }),
        fc.constantFrom('tcp', 'udp', 'both'),
        (from, count, protocol) => {
          const read = parseTemplatePorts(`${from}-${from + count - 1}/${protocol}`);
          expect(read).toEqual(from + count - 1 > 65_535 ? undefined : { from, count, protocol });
        },
      ),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const read = parseTemplatePorts(text);
        if (read !== undefined) expect(text).toMatch(/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|both))?$/);
      }),
    );
    for (const text of ['', '0', '65536', '80-79', '1-257', '80/sctp', ' 80'])
      expect(parseTemplatePorts(text)).toBeUndefined();
    expect(v.is(Template, { name: 'x', kinds: ['camera'] })).toBe(false);
    expect(v.is(Template, { name: 'x', as: 'address' })).toBe(true);
  });
});
