/**
 * Templates at work: those of the configuration, those added here and the built-in ones, applied when somebody asks;
 * and, where a template says so, by itself: once to every host that was found after the template was there. Whoever
 * takes such a publication away is not overruled, and a LAN that makes up devices publishes no more than a few of them.
 */
import { describeError, newId } from '@sidegate/kit';
import {
  type AddressId,
  type ForwardId,
  type Host,
  type HostId,
  LIMITS,
  type Template,
  type TemplatePlan,
  type TemplateStep,
  type TemplateView,
} from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import { BUILT_IN_TEMPLATES } from '../../forwarding/built-in-templates.ts';
import { isMeantFor, planTemplate } from '../../forwarding/plan-template.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { exchangeBoth } from './exchange-both.ts';
import type { Publishers } from './publishers.ts';
import { readForwardingState } from './read-forwarding-state.ts';
import { type ConfiguredTemplates, viewFaulty, warnOfFaulty } from './template-config.ts';
import { loadTemplates, saveTemplates, type TemplateState } from './template-store.ts';

/** A host that was just found gets its kind from what the scan finds out next. */
const SETTLE_MS = 2_000;
const CROWD = 'template-crowd';

/** See the top of this file. */
export interface TemplateDesk extends Disposable {
  start(): Promise<void>;
  list(): readonly TemplateView[];
  add(template: Template): Promise<void>;
  /** What a template that is not there yet would publish now. */
  preview(template: Template, user: string): Promise<TemplatePlan>;
  remove(name: string): Promise<void>;
  apply(
    name: string,
    use: { readonly hostId?: HostId | undefined; readonly isDryRun: boolean; readonly user: string },
  ): Promise<TemplatePlan>;
}

type Sourced = Template & Pick<TemplateView, 'from'>;

const namesOf = (templates: readonly Template[]) => new Set(templates.map(({ name }) => name));

/** `configured` are those of the configuration. */
export const createTemplateDesk = (
  host: PluginHost,
  publishers: Publishers,
  configured: ConfiguredTemplates,
): TemplateDesk => {
  const { clock, facts, health, log, ports, signal } = host;
  let state: TemplateState = { templates: [], met: {} };
  let timer: Disposable | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** Applied without success since the start; not tried again and again. */
  const failed = new Set<string>();
  const exclusively = <T>(task: () => Promise<T>): Promise<T> => {
    const run = last.then(task, task);
    last = run.catch(() => {});
    return run;
  };
  /** A faulty one keeps its name: what else has it may publish to more people than were meant. */
  const inConfig = new Set([...configured.good, ...configured.faulty].map(({ name }) => name));
  const all = (): readonly Sourced[] => {
    const here = state.templates.filter(({ name }) => !inConfig.has(name));
    const taken = new Set([...inConfig, ...namesOf(here)]);
    return [
      ...configured.good.map((one) => ({ ...one, from: 'config' as const })),
      ...here.map((one) => ({ ...one, from: 'here' as const })),
      ...BUILT_IN_TEMPLATES.filter(({ name }) => !taken.has(name)).map((one) => ({
        ...one,
        from: 'built-in' as const,
      })),
    ];
  };
  const hostsNow = (): readonly Host[] => facts.get('hosts') ?? [];
  const find = (name: string): Sourced => {
    const found = all().find((one) => one.name === name);
    const fault = configured.faulty.find((one) => one.name === name);
    if (found === undefined && fault !== undefined)
      throw new AgentError('TEMPLATE_FAULTY', `The template ${name} is left out: ${fault.why}`);
    if (found === undefined) throw new AgentError('TEMPLATE_NOT_FOUND', `There is no template ${name}`);
    return found;
  };
  const macsOf = (hosts: readonly Host[]) => hosts.flatMap(({ mac }) => (mac === undefined ? [] : [mac]));
  const save = async (next: TemplateState) => {
    await saveTemplates(ports.files, next);
    state = next;
  };
  const applyTo = async (
    template: Template,
    hosts: readonly Host[],
    user: string,
    isDryRun: boolean,
  ): Promise<readonly TemplateStep[]> => {
    const makings = {
      newId: { forward: () => newId<ForwardId>('f'), address: () => newId<AddressId>('v') },
      owner: user,
      at: clock.wallMs(),
    };
    let steps: readonly TemplateStep[] = [];
    const plan: Parameters<typeof exchangeBoth>[1] = async ({ forwards, addresses }) => {
      const forwardingState = await readForwardingState(host, forwards);
      const planned = planTemplate(template, hosts, addresses, forwardingState, makings);
      steps = planned.steps;
      return planned;
    };
    const { forwards, addresses } = publishers;
    if (isDryRun) await plan({ forwards: forwards.records(), addresses: addresses.records() });
    else await exchangeBoth(publishers, plan, user);
    return steps;
  };
  /** The hosts that were there before a template that applies itself are not new. */
  const meetAll = (hosts: readonly Host[], isFresh: boolean): TemplateState => {
    const autos = all().filter(({ auto }) => auto);
    const before = isFresh ? [] : macsOf(hosts);
    const met = autos.map(({ name }) => [name, state.met[name] ?? { before, done: [] }] as const);
    // Mended, it goes on where it was.
    const kept = configured.faulty.flatMap(({ name }) => {
      const one = state.met[name];
      return one === undefined ? [] : [[name, one] as const];
    });
    return { ...state, met: Object.fromEntries([...kept, ...met]) };
  };
  const applyAuto = async (template: Template): Promise<void> => {
    const met = state.met[template.name];
    if (met === undefined) return;
    const known = new Set([...met.before, ...met.done]);
    const fresh = hostsNow().filter(
      (one) =>
        one.mac !== undefined &&
        one.online &&
        one.addresses.some((address) => !address.includes(':')) &&
        !known.has(one.mac) &&
        !failed.has(`${template.name} ${one.mac}`) &&
        isMeantFor(template, one),
    );
    const room = LIMITS.autoHostsPerTemplate - met.done.length;
    if (fresh.length > room) {
      health.raise({
        code: CROWD,
        severity: 'warning',
        title: `More hosts than usual match the template ${template.name}`,
        hint: `It was applied to ${LIMITS.autoHostsPerTemplate} by itself; publish others with \`sidegate template apply\`.`,
      });
    }
    const chosen = fresh.slice(0, Math.max(0, room));
    if (chosen.length === 0) return;
    const steps = await applyTo(template, chosen, `template ${template.name}`, false);
    const refused = new Set(steps.filter(({ what }) => what === 'refused').map(({ hostId }) => hostId));
    for (const { id, mac } of chosen) if (refused.has(id)) failed.add(`${template.name} ${mac}`);
    const done = [...met.done, ...macsOf(chosen.filter(({ id }) => !refused.has(id)))];
    await save({ ...state, met: { ...state.met, [template.name]: { ...met, done } } });
    for (const { why, hostName } of steps.filter(({ what }) => what === 'refused'))
      log.warn('apply a template to a new host', { path: `${template.name}: ${hostName}`, why: why ?? '' });
  };
  const applyAutos = () =>
    exclusively(async () => {
      for (const template of all()) if (template.auto && !signal.aborted) await applyAuto(template);
    });
  const soon = () => {
    if (!all().some(({ auto }) => auto)) return;
    timer ??= clock.after(SETTLE_MS, () => {
      timer = undefined;
      applyAutos().catch((error: unknown) => {
        if (!signal.aborted) log.warn('apply templates to new hosts', { why: describeError(error) });
      });
    });
  };
  const checkName = ({ name }: Template): void => {
    if (inConfig.has(name))
      throw new AgentError('TEMPLATE_IN_CONFIG', `The configuration has a template ${name}`, {
        field: 'name',
      });
  };
  const meantFor = (template: Template) => hostsNow().filter((one) => isMeantFor(template, one));
  return {
    async start() {
      if (configured.faulty.length > 0) health.raise(warnOfFaulty(configured.faulty));
      const loaded = await loadTemplates(ports.files).catch((error: unknown) => {
        if (!(error instanceof AgentError)) throw error;
        health.raise({ code: error.code, severity: 'error', title: error.message, hint: error.hint });
        // What was met is lost: nothing may be published again by itself.
        return { templates: [], met: {} };
      });
      if (loaded !== undefined) state = loaded;
      const next = meetAll(hostsNow(), loaded === undefined);
      // Also where there is none yet: only an edge that was never here before has met nobody.
      if (loaded === undefined || JSON.stringify(next) !== JSON.stringify(state)) await save(next);
      facts.watch('hosts', soon);
    },
    list: () => [
      ...configured.faulty.map(viewFaulty),
      ...all().map((template) => ({ ...template, hostIds: meantFor(template).map(({ id }) => id) })),
    ],
    preview: (template, user) =>
      exclusively(async () => {
        checkName(template);
        return { isApplied: false, steps: [...(await applyTo(template, meantFor(template), user, true))] };
      }),
    add: (template) =>
      exclusively(async () => {
        checkName(template);
        const others = state.templates.filter(({ name }) => name !== template.name);
        if (others.length >= LIMITS.templatesPerEdge)
          throw new AgentError(
            'TEMPLATE_LIMIT',
            `This edge has ${LIMITS.templatesPerEdge} templates already`,
          );
        const before = state;
        state = { ...state, templates: [...others, template] };
        try {
          await save(meetAll(hostsNow(), false));
        } catch (error) {
          state = before;
          throw error;
        }
      }),
    remove: (name) =>
      exclusively(async () => {
        const { from } = find(name);
        if (from !== 'here')
          throw new AgentError(
            'TEMPLATE_IN_CONFIG',
            from === 'config' ? `The configuration has the template ${name}` : `${name} is built in`,
          );
        const { [name]: _, ...met } = state.met;
        await save({ templates: state.templates.filter((one) => one.name !== name), met });
      }),
    apply: (name, { hostId, isDryRun, user }) =>
      exclusively(async () => {
        const template = find(name);
        const hosts =
          hostId === undefined ? meantFor(template) : hostsNow().filter(({ id }) => id === hostId);
        if (hostId !== undefined && hosts.length === 0)
          throw new AgentError('HOST_NOT_FOUND', 'There is no such host', { field: 'hostId' });
        return { isApplied: !isDryRun, steps: [...(await applyTo(template, hosts, user, isDryRun))] };
      }),
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
};
