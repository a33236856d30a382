import * as v from 'valibot';
import { expect, it } from 'vitest';
import { CoreConfig } from './agent-config.ts';
import { parseUciConfig } from './uci-config.ts';

const Web = v.strictObject({
  port: v.pipe(v.optional(v.pipe(v.number(), v.minValue(1)), 7380), v.description('port')),
  lanInterfaces: v.optional(v.array(v.string()), []),
  onClients: v.optional(v.boolean(), false),
});
const meta = (type: string, index = 0) => ({
  '.anonymous': false,
  '.type': type,
  '.name': type,
  '.index': index,
});
const web = (options: object) => parseUciConfig({ web: { ...meta('web'), ...options } }).section('web', Web);

it('turns texts into what the schema wants', () => {
  expect(web({ port: '80', lan_interfaces: ['br-lan'], on_clients: 'on' })).toEqual({
    value: { port: 80, lanInterfaces: ['br-lan'], onClients: true },
    problems: [],
  });
  expect(web({ lan_interfaces: 'br-lan  br-guest' }).value.lanInterfaces).toEqual(['br-lan', 'br-guest']);
});

it('reads the section main for the core, and leaves out how to join', () => {
  const config = parseUciConfig({
    main: { ...meta('sidegate'), enabled: '1', format: '1', log_level: 'debug' },
    enrol: { ...meta('enrol'), key: 'secret' },
    port_mapping: meta('port_mapping'),
  });
  expect(config.core).toEqual(v.parse(CoreConfig, { logLevel: 'debug' }));
  expect(config.problems).toEqual([]);
  expect(config.sections).toEqual(['core', 'port-mapping']);
  expect(config.fingerprint).not.toContain('secret');
});

it.each([
  ['an unknown option', { colour_of: 'red' }, 'there is no option colour_of; it is ignored'],
  ['a text for a number', { port: 'eighty' }, /^port: .*the defaults are in use$/],
  ['a list for a number', { port: ['1', '2'] }, /^port: .*the defaults are in use$/],
  ['a word that is no truth', { on_clients: 'perhaps' }, /^on_clients: .*the defaults are in use$/],
])('reports %s by the name the operator wrote', (_, options, message) => {
  const { value, problems } = web(options);
  expect(value).toEqual({ port: 7380, lanInterfaces: [], onClients: false });
  expect(problems).toEqual([{ section: 'web', message: expect.stringMatching(message) }]);
});

it('takes the first of two sections, and names the second', () => {
  const config = parseUciConfig({ a: { ...meta('web'), port: '81' }, b: { ...meta('web', 1), port: '82' } });
  expect(config.section('web', Web).value.port).toBe(81);
  expect(config.problems[0]?.message).toContain('(b) is ignored');
});

it('refuses a file of a newer format whole', () => {
  const config = parseUciConfig({
    main: { ...meta('sidegate'), format: '2' },
    web: { ...meta('web'), port: '81' },
  });
  expect(config.isRefused).toBe(true);
  expect(config.section('web', Web).value.port).toBe(7380);
  expect(config.problems[0]?.message).toContain('format 2');
});

it('refuses what is no package, and uses the defaults where there is none', () => {
  expect(parseUciConfig('?').isRefused).toBe(true);
  expect(parseUciConfig({ main: 5 }).isRefused).toBe(true);
  expect(parseUciConfig(undefined)).toMatchObject({ isRefused: false, problems: [] });
});
