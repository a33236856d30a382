/**
 * The agent's configuration as one object of sections, whatever file or system it came from. Each plugin owns the
 * section of its name and checks it by its own schema; `core` is here. Invariant: a bad section is skipped and
 * reported, its defaults hold, and everything else goes on. Pure; reads nothing.
 */
import * as v from 'valibot';

/** The `core` section. */
export const CoreConfig = v.strictObject({
  logLevel: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info'),
  /** Built-in plugins that do not run here. */
  disabledPlugins: v.optional(v.array(v.pipe(v.string(), v.maxLength(40))), []),
  /** Directory with plugins of others: `<name>.mjs`, each exporting `plugin`. They run as root. Off by default. */
  pluginDirectory: v.optional(v.pipe(v.string(), v.startsWith('/'), v.maxLength(4096))),
});
export type CoreConfig = v.InferOutput<typeof CoreConfig>;

/** What is wrong with the configuration, in a sentence with the section and the option. */
export interface ConfigProblem {
  readonly section: string;
  readonly message: string;
}

/** A section's value, and what was wrong with what the operator wrote. */
export interface ParsedSection<T> {
  readonly value: T;
  readonly problems: readonly ConfigProblem[];
}

/** How a source spells what it holds. UCI knows texts and lists of them, and writes `log_level`. */
export interface ConfigDialect {
  /** A section as its schema wants it. */
  coerce(schema: v.GenericSchema, given: unknown): unknown;
  /** The name of an option as the operator wrote it. */
  spell(option: string): string;
}

/** What JSON holds is what the schemas want. */
const JSON_DIALECT: ConfigDialect = { coerce: (_schema, given) => given, spell: (option) => option };

/** The whole configuration. */
export interface AgentConfig {
  readonly core: CoreConfig;
  /** All of it as text, but for the log level, to tell whether a reload has to start anything anew. */
  readonly fingerprint: string;
  /** Nothing of the source was taken: it cannot be read, or is of a newer version. A running agent keeps what it has. */
  readonly isRefused: boolean;
  /** Of the file as such and of the `core` section. */
  readonly problems: readonly ConfigProblem[];
  /** Names of the sections that are there. */
  readonly sections: readonly string[];
  /** The section of one plugin by its schema; its defaults where it is absent or wrong. Throws where there are none. */
  section<T>(name: string, schema: v.GenericSchema<unknown, T>): ParsedSection<T>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Valibot tells unknown keys of a strict object by an issue that expects nothing. */
const isUnknownKey = (issue: v.BaseIssue<unknown>): boolean =>
  issue.expected === 'never' && issue.path?.length === 1;

const describeIssue = (
  section: string,
  issue: v.BaseIssue<unknown>,
  { spell }: ConfigDialect,
): ConfigProblem => {
  const option = spell(v.getDotPath(issue) ?? '');
  if (isUnknownKey(issue)) return { section, message: `there is no option ${option}; it is ignored` };
  return {
    section,
    message: `${option === '' ? '' : `${option}: `}${issue.message}; the defaults are in use`,
  };
};

const parseSection = <T>(
  name: string,
  schema: v.GenericSchema<unknown, T>,
  written: unknown,
  dialect: ConfigDialect,
): ParsedSection<T> => {
  const given = dialect.coerce(schema, written);
  const result = v.safeParse(schema, given);
  if (result.success) return { value: result.output, problems: [] };
  const problems = result.issues.map((issue) => describeIssue(name, issue, dialect));
  if (isRecord(given) && result.issues.every(isUnknownKey)) {
    const unknown = new Set(result.issues.map((issue) => issue.path?.[0]?.key));
    const rest = Object.fromEntries(Object.entries(given).filter(([key]) => !unknown.has(key)));
    return { value: v.parse(schema, rest), problems };
  }
  return { value: v.parse(schema, {}), problems };
};

/** Makes a configuration of what a file or a system held; `undefined` where there was none. */
export const parseAgentConfig = (raw: unknown, dialect = JSON_DIALECT): AgentConfig => {
  const sections = isRecord(raw) ? raw : {};
  const isUsable = raw === undefined || isRecord(raw);
  const fileProblems: readonly ConfigProblem[] = isUsable
    ? []
    : [{ section: 'file', message: 'it must be one JSON object of sections; the defaults are in use' }];
  const core = parseSection('core', CoreConfig, sections.core ?? {}, dialect);
  return {
    core: core.value,
    fingerprint: JSON.stringify({ ...sections, core: { ...core.value, logLevel: undefined } }),
    isRefused: !isUsable,
    problems: [...fileProblems, ...core.problems],
    sections: Object.keys(sections),
    section: (name, schema) => parseSection(name, schema, sections[name] ?? {}, dialect),
  };
};

/** The defaults, where nothing that was written can be used. */
export const refuseConfig = (section: string, why: string): AgentConfig => ({
  ...parseAgentConfig(undefined),
  isRefused: true,
  problems: [{ section, message: `${why}; the defaults are in use` }],
});

/** The same from the text of a JSON file. */
export const parseConfigText = (text: string | undefined): AgentConfig => {
  if (text === undefined) return parseAgentConfig(undefined);
  try {
    return parseAgentConfig(JSON.parse(text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuseConfig('file', `it is not JSON (${why})`);
  }
};
