import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderPlugins } from './order-plugins.ts';

const names = (plugins: readonly { name: string }[]) => plugins.map(({ name }) => name);

it('puts plugins after those they name and leaves the rest as given', () => {
  const plugins = [
    { name: 'web', after: ['forwarding'] },
    { name: 'forwarding', after: ['mesh'] },
    { name: 'discovery' },
    { name: 'mesh' },
  ];
  expect(names(orderPlugins(plugins))).toEqual(['mesh', 'forwarding', 'web', 'discovery']);
});

it('refuses unknown names, but not those of plugins that do not run here', () => {
  const plugins = [{ name: 'web', after: ['mesh'] }];
  expect(() => orderPlugins(plugins)).toThrow(expect.objectContaining({ code: 'PLUGIN_NAME_UNKNOWN' }));
  expect(names(orderPlugins(plugins, new Set(['mesh'])))).toEqual(['web']);
});

it('refuses a cycle and shows it', () => {
  const plugins = [
    { name: 'a', after: ['b'] },
    { name: 'b', after: ['c'] },
    { name: 'c', after: ['b'] },
  ];
  expect(() => orderPlugins(plugins)).toThrow(
    expect.objectContaining({ code: 'PLUGIN_ORDER_CYCLE', details: { cycle: 'b -> c -> b' } }),
  );
});

it('refuses two plugins of one name', () => {
  expect(() => orderPlugins([{ name: 'a' }, { name: 'a' }])).toThrow(
    expect.objectContaining({ code: 'PLUGIN_NAME_TAKEN' }),
  );
});

it('keeps every plugin and every order asked for, whatever the list', () => {
  const list = fc
    .uniqueArray(fc.nat(30), { maxLength: 12 })
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id, at) =>
          fc
            .subarray(ids.slice(0, at))
            .map((before) => ({ name: `p${id}`, after: before.map((other) => `p${other}`) })),
        ),
      ),
    );
  fc.assert(
    fc.property(list, fc.infiniteStream(fc.double({ noNaN: true })), (plugins, weights) => {
      const shuffled = [...plugins].map((plugin) => ({ plugin, weight: weights.next().value }));
      const given = shuffled.sort((one, other) => one.weight - other.weight).map(({ plugin }) => plugin);
      const ordered = names(orderPlugins(given));
      expect([...ordered].sort()).toEqual(names(given).sort());
      for (const { name, after } of plugins) {
        for (const before of after) expect(ordered.indexOf(before)).toBeLessThan(ordered.indexOf(name));
      }
    }),
  );
});
