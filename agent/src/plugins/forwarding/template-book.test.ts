import { type Host, LIMITS, type Mac, Template } from '@sidegate/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { codeFrom } from '../testing/test-host.ts';
import {
  findTemplate,
  knownTemplates,
  meetHosts,
  noteDone,
  unmetHosts,
  withoutTemplate,
  withTemplate,
} from './template-book.ts';
import type { TemplateState } from './template-store.ts';

const EMPTY: TemplateState = { templates: [], met: {} };
const template = (name: string, patch: object = {}): Template =>
  v.parse(Template, { name, kinds: ['camera'], ports: ['80'], ...patch });
const camera = (n: number, patch: object = {}): Host =>
  ({
    id: `h_${n}`,
    mac: `44:47:cc:00:00:${n.toString(16).padStart(2, '0')}` as Mac,
    addresses: [`192.168.1.${n}`],
    kind: 'camera',
    online: true,
    ...patch,
  }) as unknown as Host;
const codeOf = (task: () => unknown) => codeFrom((async () => task())());

describe('templates of one name', () => {
  const configured = {
    good: [template('camera', { ports: ['81'] })],
    faulty: [{ name: 'printer', why: 'ports: one at least' }],
  };

  it('are those of the configuration first, and a faulty one leaves its name empty', async () => {
    const state = { ...EMPTY, templates: [template('camera'), template('router', { ports: ['8443'] })] };
    const known = knownTemplates(configured, state);
    expect(known.map(({ name, from, ports }) => `${name} ${from} ${ports.join()}`)).toEqual([
      'camera config 81',
      'router here 8443',
      'remote-desktop built-in 3389',
    ]);
    expect(await codeOf(() => findTemplate(configured, state, 'printer'))).toBe('TEMPLATE_FAULTY');
    expect(await codeOf(() => withTemplate(configured, state, template('printer'), []))).toBe(
      'TEMPLATE_IN_CONFIG',
    );
    expect(await codeOf(() => withoutTemplate(configured, state, 'remote-desktop'))).toBe(
      'TEMPLATE_IN_CONFIG',
    );
  });

  it('take one place of as many as may be added', async () => {
    const names = Array.from({ length: LIMITS.templatesPerEdge }, (_, at) => `t-${at}`);
    const state = { ...EMPTY, templates: names.map((name) => template(name)) };
    const next = withTemplate(configured, state, template('t-0', { ports: ['82'] }), []);
    expect(next.templates).toHaveLength(LIMITS.templatesPerEdge);
    expect(await codeOf(() => withTemplate(configured, state, template('more'), []))).toBe('TEMPLATE_LIMIT');
  });
});

describe('a template that applies itself', () => {
  const door = template('door', { auto: true });
  const none = { good: [], faulty: [] };

  it('is for those that come after it, once each', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 200 }));
    fc.assert(
      fc.property(numbers, numbers, (early, late) => {
        const [before, after] = [early.map((n) => camera(n)), late.map((n) => camera(n))];
        const met = withTemplate(none, EMPTY, door, before);
        const fresh = unmetHosts(door, met, [...before, ...after]);
        expect(fresh).toEqual(after.filter(({ id }) => !before.some((one) => one.id === id)));
        const done = noteDone(met, door, fresh);
        expect(unmetHosts(door, done, [...before, ...after])).toEqual([]);
        expect(meetHosts(none, done, after, false)).toEqual(done);
      }),
    );
  });

  it('waits for who is away, has no IPv4 address or no hardware address', () => {
    const met = withTemplate(none, EMPTY, door, []);
    const hosts = [
      camera(1, { online: false }),
      camera(2, { addresses: ['fd00::2'] }),
      camera(3, { mac: undefined }),
      camera(4, { kind: 'printer' }),
    ];
    expect(unmetHosts(door, met, hosts)).toEqual([]);
  });

  it('is for nobody where whom it met is not known', () => {
    expect(unmetHosts(door, EMPTY, [camera(1)])).toEqual([]);
  });
});
