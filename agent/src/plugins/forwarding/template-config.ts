/**
 * The forwarding section of the configuration. A template with a mistake costs that template and nothing else: it is
 * set aside with the reason, and keeps its name, lest a wider one of the same name come in its place. Pure.
 */
import { type HealthWarning, LIMITS, Template, type TemplateView } from '@sidegate/protocol';
import * as v from 'valibot';

/** A template that is left out. */
export interface FaultyTemplate {
  readonly name: string;
  readonly why: string;
}

/** The templates of the configuration. */
export interface ConfiguredTemplates {
  readonly good: readonly Template[];
  readonly faulty: readonly FaultyTemplate[];
}

/** Of what may be anything. */
const LONGEST_NAME = 40;
const LONGEST_WHY = 400;

/** `macPrefixes` as words, for sources spell it differently. */
const wordsOf = (option: string): string => option.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const describeIssue = ({ path, message, received, expected }: v.BaseIssue<unknown>): string => {
  const option = path?.[0]?.key;
  if (option === undefined) return message;
  if (expected === 'never' && path?.length === 1) return `there is no option ${wordsOf(String(option))}`;
  const words = wordsOf(String(option));
  const found = message.includes(received) ? '' : `, not ${received}`;
  return `${message.startsWith(words) ? '' : `${words}: `}${message}${found}`;
};

const nameOf = (written: unknown): string => {
  const name =
    typeof written === 'object' && written !== null && 'name' in written ? written.name : undefined;
  return typeof name === 'string' ? name.slice(0, LONGEST_NAME) : '';
};

const setAside = (dataset?: v.OutputDataset<unknown, v.BaseIssue<unknown>>): FaultyTemplate => ({
  name: nameOf(dataset?.value),
  why: (dataset?.issues ?? []).map(describeIssue).join('; ').slice(0, LONGEST_WHY),
});

/** Has the shape of a template, by which UCI's texts become what they mean. */
const Written = v.fallback(Template, setAside as never) as unknown as v.GenericSchema<
  unknown,
  Template | FaultyTemplate
>;

const sortOut = (all: (Template | FaultyTemplate)[]): ConfiguredTemplates => {
  const good = new Map<string, Template>();
  const faulty: FaultyTemplate[] = [];
  for (const [index, one] of all.entries()) {
    const name = one.name === '' ? `template ${index + 1}` : one.name;
    if ('why' in one) faulty.push({ ...one, name });
    else if (good.has(name)) faulty.push({ name, why: 'there are two of this name; this one is left out' });
    else if (good.size >= LIMITS.templatesPerEdge)
      faulty.push({
        name,
        why: `there are ${LIMITS.templatesPerEdge} before it, which are as many as may be`,
      });
    else good.set(name, one);
  }
  return { good: [...good.values()], faulty };
};

/** The section. */
export const ForwardingConfig = v.strictObject({
  /** They go before those that were added here, and before built-in ones of the same name. */
  templates: v.optional(v.pipe(v.array(Written), v.transform(sortOut)), []),
});

/** Shows one that is left out; who wants it, sees why there is none. */
export const viewFaulty = ({ name, why }: FaultyTemplate): TemplateView => ({
  ...{ name, fault: why, from: 'config', as: 'forwards', auto: false },
  ...{ kinds: [], macPrefixes: [], ports: [], allow: [], hostIds: [] },
});

/** What health says of them; there is one at least. */
export const warnOfFaulty = (
  faulty: readonly FaultyTemplate[],
): Pick<HealthWarning, 'code' | 'severity' | 'title' | 'hint'> => ({
  code: 'template-faulty',
  severity: 'warning',
  title:
    faulty.length === 1
      ? `The template ${faulty[0]!.name} of the configuration is left out`
      : `${faulty.length} templates of the configuration are left out`,
  hint: `${faulty.map(({ name, why }) => `${name}: ${why}`).join('. ')}. Everything else is in force.`,
});
