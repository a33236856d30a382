/**
 * Templates that apply themselves: once to every host that was found after the template was there. Whoever takes such a
 * publication away is not overruled, and a LAN that makes up devices publishes no more than a few of them.
 */
import { describeError, type Turns } from '@sidegate/kit';
import { type Host, LIMITS, type Template, type TemplateStep } from '@sidegate/protocol';
import type { PluginHost } from '../../plugin-api/index.ts';
import { noteDone, unmetHosts } from './template-book.ts';
import type { TemplateState } from './template-store.ts';

/** A host that was just found gets its kind from what the scan finds out next. */
const SETTLE_MS = 2_000;
const CROWD = 'template-crowd';

/** What applying by itself needs of the desk. */
export interface AutoTemplatesDeps {
  readonly host: PluginHost;
  /** That of every other change of templates. */
  readonly inTurn: Turns;
  /** Those that apply themselves. */
  readonly list: () => readonly Template[];
  readonly state: () => TemplateState;
  readonly save: (next: TemplateState) => Promise<void>;
  readonly apply: (
    template: Template,
    hosts: readonly Host[],
    user: string,
  ) => Promise<readonly TemplateStep[]>;
}

/** Disposing lets go of what is requested; what runs is ended by the plugin's signal. */
export interface AutoTemplates extends Disposable {
  /** Hosts changed: look, when they have had time to be looked at. */
  request(): void;
}

/** Nothing happens before the first request. */
export const createAutoTemplates = ({
  host,
  inTurn,
  list,
  state,
  save,
  apply,
}: AutoTemplatesDeps): AutoTemplates => {
  const { clock, facts, health, log, signal } = host;
  /** Applied without success since the start; not tried again and again. */
  const failed = new Set<string>();
  let timer: Disposable | undefined;

  const choose = (template: Template): readonly Host[] => {
    const fresh = unmetHosts(template, state(), facts.get('hosts') ?? []).filter(
      ({ mac }) => !failed.has(`${template.name} ${mac}`),
    );
    const room = LIMITS.autoHostsPerTemplate - (state().met[template.name]?.done.length ?? 0);
    if (fresh.length > room) {
      health.raise({
        code: CROWD,
        severity: 'warning',
        title: `More hosts than usual match the template ${template.name}`,
        hint: `It was applied to ${LIMITS.autoHostsPerTemplate} by itself; publish others with \`sidegate template apply\`.`,
      });
    }
    return fresh.slice(0, Math.max(0, room));
  };
  const applyTo = async (template: Template, hosts: readonly Host[]): Promise<void> => {
    const steps = await apply(template, hosts, `template ${template.name}`);
    const refusals = steps.filter(({ what }) => what === 'refused');
    const refused = new Set(refusals.map(({ hostId }) => hostId));
    for (const { id, mac } of hosts) if (refused.has(id)) failed.add(`${template.name} ${mac}`);
    await save(
      noteDone(
        state(),
        template,
        hosts.filter(({ id }) => !refused.has(id)),
      ),
    );
    for (const { why, hostName } of refusals)
      log.warn('apply a template to a new host', { path: `${template.name}: ${hostName}`, why: why ?? '' });
  };
  const run = async (): Promise<void> => {
    for (const template of list()) {
      const hosts = signal.aborted ? [] : choose(template);
      if (hosts.length > 0) await applyTo(template, hosts);
    }
  };
  return {
    request() {
      if (list().length === 0) return;
      timer ??= clock.after(SETTLE_MS, () => {
        timer = undefined;
        inTurn(run).catch((error: unknown) => {
          if (!signal.aborted) log.warn('apply templates to new hosts', { why: describeError(error) });
        });
      });
    },
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
};
