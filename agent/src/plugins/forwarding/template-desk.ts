/**
 * Templates at work: those of the configuration, those added here and the built-in ones, applied when somebody asks, or
 * by themselves (`auto-templates.ts`). One change at a time, and what is on disk is what is in force.
 */
import { createTurns } from '@sidegate/kit';
import type { Host, HostId, Template, TemplatePlan, TemplateView } from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import { isMeantFor } from '../../forwarding/plans/plan-template.ts';
import type { PluginHost } from '../../plugin-api/index.ts';
import { applyTemplate } from './apply-template.ts';
import { createAutoTemplates } from './auto-templates.ts';
import type { Publishers } from './publishers.ts';
import {
  checkTemplateName,
  findTemplate,
  knownTemplates,
  meetHosts,
  withoutTemplate,
  withTemplate,
} from './template-book.ts';
import { type ConfiguredTemplates, viewFaulty, warnOfFaulty } from './template-config.ts';
import { loadTemplates, saveTemplates, type TemplateState } from './template-store.ts';

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

const NOBODY_MET: TemplateState = { templates: [], met: {} };

const loadOrWarn = ({ ports, health }: PluginHost): Promise<TemplateState | undefined> =>
  loadTemplates(ports.files).catch((error: unknown) => {
    if (!(error instanceof AgentError)) throw error;
    health.raise({ code: error.code, severity: 'error', title: error.message, hint: error.hint });
    // What was met is lost: nothing may be published again by itself.
    return NOBODY_MET;
  });

/** `configured` are those of the configuration. */
export const createTemplateDesk = (
  host: PluginHost,
  publishers: Publishers,
  configured: ConfiguredTemplates,
): TemplateDesk => {
  const { facts, health, ports } = host;
  const inTurn = createTurns();
  let state = NOBODY_MET;
  const save = async (next: TemplateState): Promise<void> => {
    await saveTemplates(ports.files, next);
    state = next;
  };
  const all = () => knownTemplates(configured, state);
  const hostsNow = (): readonly Host[] => facts.get('hosts') ?? [];
  const meantFor = (template: Template) => hostsNow().filter((one) => isMeantFor(template, one));
  const auto = createAutoTemplates({
    host,
    inTurn,
    list: () => all().filter((one) => one.auto),
    state: () => state,
    save,
    apply: (template, hosts, user) =>
      applyTemplate(host, publishers, template, hosts, { user, isDryRun: false }),
  });
  const apply = async (template: Template, hosts: readonly Host[], user: string, isDryRun: boolean) => ({
    isApplied: !isDryRun,
    steps: [...(await applyTemplate(host, publishers, template, hosts, { user, isDryRun }))],
  });
  return {
    async start() {
      if (configured.faulty.length > 0) health.raise(warnOfFaulty(configured.faulty));
      const loaded = await loadOrWarn(host);
      if (loaded !== undefined) state = loaded;
      const next = meetHosts(configured, state, hostsNow(), loaded === undefined);
      // Also where there is none yet: only an edge that was never here before has met nobody.
      if (loaded === undefined || JSON.stringify(next) !== JSON.stringify(state)) await save(next);
      facts.watch('hosts', auto.request);
    },
    list: () => [
      ...configured.faulty.map(viewFaulty),
      ...all().map((template) => ({ ...template, hostIds: meantFor(template).map(({ id }) => id) })),
    ],
    preview: (template, user) =>
      inTurn(async () => {
        checkTemplateName(configured, template);
        return apply(template, meantFor(template), user, true);
      }),
    add: (template) => inTurn(() => save(withTemplate(configured, state, template, hostsNow()))),
    remove: (name) => inTurn(() => save(withoutTemplate(configured, state, name))),
    apply: (name, { hostId, isDryRun, user }) =>
      inTurn(async () => {
        const template = findTemplate(configured, state, name);
        const hosts =
          hostId === undefined ? meantFor(template) : hostsNow().filter(({ id }) => id === hostId);
        if (hostId !== undefined && hosts.length === 0)
          throw new AgentError('HOST_NOT_FOUND', 'There is no such host', { field: 'hostId' });
        return apply(template, hosts, user, isDryRun);
      }),
    [Symbol.dispose]: () => auto[Symbol.dispose](),
  };
};
