/**
 * Which templates there are, from the configuration, from here and built in, and which hosts those that apply themselves
 * have met. Pure: a change answers with the state as it is to be kept.
 */
import { type Host, LIMITS, type Mac, type Template, type TemplateView } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import { BUILT_IN_TEMPLATES } from '../../forwarding/plans/built-in-templates.ts';
import { isMeantFor } from '../../forwarding/plans/plan-template.ts';
import type { ConfiguredTemplates } from './template-config.ts';
import type { TemplateState } from './template-store.ts';

/** A template that can be applied, and where it is from. */
export type KnownTemplate = Template & Pick<TemplateView, 'from'>;

/** A faulty one keeps its name: what else has it may publish to more people than were meant. */
const namesIn = ({ good, faulty }: ConfiguredTemplates): ReadonlySet<string> =>
  new Set([...good, ...faulty].map(({ name }) => name));

/** Of those of one name the configuration's, then the one that was added here. */
export const knownTemplates = (
  configured: ConfiguredTemplates,
  { templates }: TemplateState,
): readonly KnownTemplate[] => {
  const inConfig = namesIn(configured);
  const here = templates.filter(({ name }) => !inConfig.has(name));
  const taken = new Set([...inConfig, ...here.map(({ name }) => name)]);
  return [
    ...configured.good.map((one) => ({ ...one, from: 'config' as const })),
    ...here.map((one) => ({ ...one, from: 'here' as const })),
    ...BUILT_IN_TEMPLATES.filter(({ name }) => !taken.has(name)).map((one) => ({
      ...one,
      from: 'built-in' as const,
    })),
  ];
};

/** Throws TEMPLATE_FAULTY with what is wrong with it, or TEMPLATE_NOT_FOUND. */
export const findTemplate = (
  configured: ConfiguredTemplates,
  state: TemplateState,
  name: string,
): KnownTemplate => {
  const found = knownTemplates(configured, state).find((one) => one.name === name);
  if (found !== undefined) return found;
  const fault = configured.faulty.find((one) => one.name === name);
  if (fault !== undefined)
    throw new AgentError('TEMPLATE_FAULTY', `The template ${name} is left out: ${fault.why}`);
  throw new AgentError('TEMPLATE_NOT_FOUND', `There is no template ${name}`);
};

/** Throws TEMPLATE_IN_CONFIG where the configuration has the name: nothing added here comes before it. */
export const checkTemplateName = (configured: ConfiguredTemplates, { name }: Template): void => {
  if (namesIn(configured).has(name))
    throw new AgentError('TEMPLATE_IN_CONFIG', `The configuration has a template ${name}`, { field: 'name' });
};

/** Hardware addresses: by them a host is known again. */
export const macsOf = (hosts: readonly Host[]): readonly Mac[] =>
  hosts.flatMap(({ mac }) => (mac === undefined ? [] : [mac]));

/** The hosts that were there before a template that applies itself are not new, unless the edge is `isFresh`. */
export const meetHosts = (
  configured: ConfiguredTemplates,
  state: TemplateState,
  hosts: readonly Host[],
  isFresh: boolean,
): TemplateState => {
  const autos = knownTemplates(configured, state).filter(({ auto }) => auto);
  const before = isFresh ? [] : [...macsOf(hosts)];
  const met = autos.map(({ name }) => [name, state.met[name] ?? { before, done: [] }] as const);
  // Mended, it goes on where it was.
  const kept = configured.faulty.flatMap(({ name }) => {
    const one = state.met[name];
    return one === undefined ? [] : [[name, one] as const];
  });
  return { ...state, met: Object.fromEntries([...kept, ...met]) };
};

/** Adds it, or replaces the one of its name; throws TEMPLATE_IN_CONFIG or TEMPLATE_LIMIT. */
export const withTemplate = (
  configured: ConfiguredTemplates,
  state: TemplateState,
  template: Template,
  hosts: readonly Host[],
): TemplateState => {
  checkTemplateName(configured, template);
  const others = state.templates.filter(({ name }) => name !== template.name);
  if (others.length >= LIMITS.templatesPerEdge)
    throw new AgentError('TEMPLATE_LIMIT', `This edge has ${LIMITS.templatesPerEdge} templates already`);
  return meetHosts(configured, { ...state, templates: [...others, template] }, hosts, false);
};

/** Throws TEMPLATE_IN_CONFIG where it was not added here. */
export const withoutTemplate = (
  configured: ConfiguredTemplates,
  state: TemplateState,
  name: string,
): TemplateState => {
  const { from } = findTemplate(configured, state, name);
  if (from !== 'here')
    throw new AgentError(
      'TEMPLATE_IN_CONFIG',
      from === 'config' ? `The configuration has the template ${name}` : `${name} is built in`,
    );
  const { [name]: _, ...met } = state.met;
  return { templates: state.templates.filter((one) => one.name !== name), met };
};

/** Hosts that a template which applies itself has still to be applied to: there now, in IPv4, and never met. */
export const unmetHosts = (
  template: Template,
  { met }: TemplateState,
  hosts: readonly Host[],
): readonly Host[] => {
  const { before, done } = met[template.name] ?? { before: macsOf(hosts), done: [] };
  const known = new Set([...before, ...done]);
  return hosts.filter(
    (one) =>
      one.mac !== undefined &&
      one.online &&
      one.addresses.some((address) => !address.includes(':')) &&
      !known.has(one.mac) &&
      isMeantFor(template, one),
  );
};

/** These hosts, which a template was applied to by itself, are met. */
export const noteDone = (state: TemplateState, { name }: Template, hosts: readonly Host[]): TemplateState => {
  const { before = [], done = [] } = state.met[name] ?? {};
  return { ...state, met: { ...state.met, [name]: { before, done: [...done, ...macsOf(hosts)] } } };
};
