import * as v from 'valibot';
import { expect, it } from 'vitest';
import { parseAgentConfig, parseConfigText } from './agent-config.ts';

const Section = v.strictObject({
  port: v.optional(v.pipe(v.number(), v.minValue(1)), 7380),
  names: v.optional(v.array(v.string()), []),
});

it('uses defaults where nothing is written', () => {
  const config = parseConfigText(undefined);
  expect(config.core).toEqual({ logLevel: 'info', disabledPlugins: [] });
  expect(config.problems).toEqual([]);
  expect(config.section('web', Section)).toEqual({ value: { port: 7380, names: [] }, problems: [] });
});

it('reports an unknown option and keeps the rest of its section', () => {
  const config = parseAgentConfig({ web: { port: 80, colour: 'red' } });
  expect(config.section('web', Section)).toEqual({
    value: { port: 80, names: [] },
    problems: [{ section: 'web', message: 'there is no option colour; it is ignored' }],
  });
});

it('skips a bad section whole, names the option, and leaves other sections alone', () => {
  const config = parseAgentConfig({ web: { port: 0, names: ['a'] }, mesh: { port: 5 } });
  const web = config.section('web', Section);
  expect(web.value).toEqual({ port: 7380, names: [] });
  expect(web.problems).toHaveLength(1);
  expect(web.problems[0]?.message).toMatch(/^port: .*the defaults are in use$/);
  expect(config.section('mesh', Section).value.port).toBe(5);
});

it('survives a section that is not an object, a file that is a list, and a file that is not JSON', () => {
  expect(parseAgentConfig({ web: 7 }).section('web', Section).value.port).toBe(7380);
  expect(parseAgentConfig([1]).problems).toEqual([
    { section: 'file', message: 'it must be one JSON object of sections; the defaults are in use' },
  ]);
  const broken = parseConfigText('{ "core": ');
  expect(broken.problems[0]?.message).toContain('it is not JSON');
  expect(broken.core.logLevel).toBe('info');
});
