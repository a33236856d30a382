/**
 * `/etc/config/sidegate` as the agent's configuration. UCI knows texts and lists of texts in typed sections: a section
 * type is a plugin's name (`port_mapping`), an option its option's (`lan_interfaces`), and the schema says what a text
 * means. The section `main` is the core's. Pure; a section that is broken is skipped and named.
 */
import * as v from 'valibot';
import {
  type AgentConfig,
  type ConfigDialect,
  type ConfigProblem,
  parseAgentConfig,
  refuseConfig,
} from './agent-config.ts';

/** What `option format` may be: a file of a higher one was written for a newer agent. */
export const UCI_FORMAT = 1;

/** Section types that are not sections of the configuration: how to join, see `platform/openwrt`. */
const OTHER_TYPES = new Set(['enrol']);
/** Options of `main` that are not the core's. */
const OTHER_OPTIONS = new Set(['enabled', 'format']);

const Texts = v.union([v.string(), v.array(v.string())]);
/** One section as ubus `uci get` has it. */
const Section = v.record(v.string(), v.unknown());
const Package = v.record(v.string(), Section);

const camelOf = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snakeOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As much of a Valibot schema as is needed to know what it wants. */
interface Shape {
  readonly type: string;
  readonly wrapped?: Shape;
  readonly item?: Shape;
  readonly entries?: Readonly<Record<string, Shape>>;
}

/** The words of libuci's `ucimap` and OpenWrt's shell functions. */
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...{ '1': true, on: true, true: true, yes: true, enabled: true },
  ...{ '0': false, off: false, false: false, no: false, disabled: false },
};

/** What cannot be meant is left as it is: the schema says what is wrong with it. */
const coerceValue = (shape: Shape | undefined, value: unknown): unknown => {
  if (shape?.wrapped !== undefined) return coerceValue(shape.wrapped, value);
  if (shape?.type === 'array') {
    const items = typeof value === 'string' ? value.split(/\s+/).filter((word) => word !== '') : value;
    return Array.isArray(items) ? items.map((item) => coerceValue(shape.item, item)) : value;
  }
  if (shape?.entries !== undefined) return coerceEntries(shape.entries, value);
  if (typeof value !== 'string') return value;
  if (shape?.type === 'number' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (shape?.type === 'boolean') return BOOLEANS[value] ?? value;
  return value;
};

const coerceEntries = (entries: NonNullable<Shape['entries']>, given: unknown): unknown => {
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      coerceValue(Object.hasOwn(entries, name) ? entries[name] : undefined, value),
    ]),
  );
};

const UCI_DIALECT: ConfigDialect = {
  coerce: (schema, given) => coerceEntries((schema as unknown as Shape).entries ?? {}, given),
  spell: snakeOf,
};

/** The options of a section in our spelling; what UCI says of the section itself is left out. */
const optionsOf = (section: v.InferOutput<typeof Section>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(section).flatMap(([name, value]) =>
      name.startsWith('.') || OTHER_OPTIONS.has(name) || !v.is(Texts, value) ? [] : [[camelOf(name), value]],
    ),
  );

/** Which section of the configuration a UCI section is; `undefined` for what is none. */
const sectionNameOf = (type: string): string | undefined => {
  if (type === 'sidegate') return 'core';
  return OTHER_TYPES.has(type) ? undefined : type.replaceAll('_', '-');
};

/** Sections of these types are items of a list: `config template 'camera'` is one of the forwarding plugin's. */
const LISTS: Readonly<Record<string, readonly [section: string, option: string]>> = {
  template: ['forwarding', 'templates'],
};

/** Adds one item, called as its section is unless it says otherwise. */
const addItem = (
  sections: Record<string, unknown>,
  [name, option]: readonly [string, string],
  item: Record<string, unknown>,
): void => {
  const section = (sections[name] ?? {}) as Record<string, unknown>;
  const items = Array.isArray(section[option]) ? section[option] : [];
  sections[name] = { ...section, [option]: [...items, item] };
};

/** A configuration of what `uci get` answered; `undefined` where there is no such file. */
export const parseUciConfig = (values: unknown): AgentConfig => {
  if (values === undefined) return parseAgentConfig(undefined, UCI_DIALECT);
  const parsed = v.safeParse(Package, values);
  if (!parsed.success) return refuseConfig('/etc/config/sidegate', 'it is not what UCI should say');
  const problems: ConfigProblem[] = [];
  const sections: Record<string, unknown> = {};
  const items: (() => void)[] = [];
  for (const [id, section] of Object.entries(parsed.output)) {
    const type = section['.type'];
    const list = typeof type === 'string' && Object.hasOwn(LISTS, type) ? LISTS[type] : undefined;
    if (list !== undefined) {
      items.push(() => addItem(sections, list, { name: id, ...optionsOf(section) }));
      continue;
    }
    const name = typeof type === 'string' ? sectionNameOf(type) : undefined;
    if (name === undefined) continue;
    if (name === 'core' && Number(section.format ?? UCI_FORMAT) !== UCI_FORMAT) {
      return refuseConfig(`section ${id}`, `it has format ${section.format}, which a newer agent wrote`);
    }
    if (Object.hasOwn(sections, name)) {
      problems.push({ section: name, message: `there are two of them; the second one (${id}) is ignored` });
    } else sections[name] = optionsOf(section);
  }
  // After the sections themselves, wherever they stand in the file.
  for (const add of items) add();
  const config = parseAgentConfig(sections, UCI_DIALECT);
  return { ...config, problems: [...problems, ...config.problems] };
};
