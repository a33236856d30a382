/** Applying, changing and removing templates, the same on every page that shows them. */
import type { Host, TemplateView } from '@sidegate/protocol';
import { html } from 'lit';
import { askConfirm } from '../../shared/components/sg-confirm.ts';
import '../../shared/components/sg-icon.ts';
import { showToast } from '../../shared/components/toast.ts';
import { runConfirmed } from '../../shared/controllers/run-confirmed.ts';
import '../components/sg-template-table.ts';
import { SgTemplateDialog } from '../components/sg-template-dialog.ts';
import { countAdded, templatePlan } from '../components/template-plan.ts';
import { applyTemplate, joinWords, planTemplate, removeTemplate, saveTemplate } from '../data/templates.ts';
import { t } from '../messages.ts';
import { runFormDialog } from './form-dialog.ts';
import type { PanelCaller } from './panel-caller.ts';

const keyOf = ({ name }: TemplateView): string => `template-${name}`;

/** Applies it and says what came of that. */
const applyNow = async (caller: PanelCaller, template: TemplateView, host?: Host): Promise<void> => {
  const key = keyOf(template);
  const done = await caller.actions.run(key, () =>
    applyTemplate(caller.edge.api, template.name, { hostId: host?.id, isDryRun: false }),
  );
  caller.actions.tellError(key);
  if (done === undefined) return;
  const refused = done.steps.filter(({ what }) => what === 'refused');
  const n = done.steps.filter(({ what }) => what === 'added').length;
  const [first] = refused;
  showToast(caller.element, {
    tone: first === undefined ? 'ok' : 'error',
    text: n === 0 && first === undefined ? t('template.present') : t('template.applied', { n }),
    ...(first === undefined ? {} : { detail: `${first.hostName}: ${first.why ?? ''}` }),
  });
};

/** To all hosts that match, after showing what would be published. */
const applyToAll = async (caller: PanelCaller, template: TemplateView): Promise<void> => {
  const key = keyOf(template);
  const plan = await caller.actions.run(key, () =>
    applyTemplate(caller.edge.api, template.name, { isDryRun: true }),
  );
  caller.actions.tellError(key);
  if (plan === undefined) return;
  if (plan.steps.every(({ what }) => what === 'present'))
    return showToast(caller.element, { tone: 'ok', text: t('template.present') });
  const n = countAdded(plan);
  const isSure = await askConfirm({
    heading: t('template.apply-heading', { name: template.name }),
    text: '',
    content: templatePlan(plan),
    ...(n === 0 ? {} : { confirm: t('template.apply') }),
  });
  if (isSure) await applyNow(caller, template);
};

/** Adds a template, or changes one. */
export const editTemplate = async (
  caller: PanelCaller,
  templates: readonly TemplateView[],
  template?: TemplateView,
): Promise<void> => {
  const { api } = caller.edge;
  const others = templates.filter(({ name }) => name !== template?.name);
  const dialog = Object.assign(new SgTemplateDialog(), {
    template,
    taken: new Set(others.map(({ name }) => name)),
  });
  const done = await runFormDialog(dialog, {
    plan: (request) => planTemplate(api, request),
    send: (request) => saveTemplate(api, request),
  });
  if (done === undefined) return;
  caller.edge.templates.refresh();
  if (done.how === 'send-and-apply') return applyNow(caller, done.value);
  showToast(caller.element, { tone: 'ok', text: t('template.saved', { name: done.value.name }) });
};

const confirmRemove = async (caller: PanelCaller, template: TemplateView): Promise<void> => {
  const { name } = template;
  const question = {
    heading: t('template.remove-heading', { name }),
    text: t('template.remove-text'),
    confirm: t('forward.remove'),
    danger: true,
  };
  const isDone = await runConfirmed(caller.actions, keyOf(template), question, () =>
    removeTemplate(caller.edge.api, name),
  );
  if (isDone !== undefined) caller.edge.templates.refresh();
};

/** "Publish as camera: 80 and 554", a button for each template that is meant for the host. */
export const templateButtons = (caller: PanelCaller, templates: readonly TemplateView[], host: Host) =>
  templates.map((template) => {
    const { name, as, ports } = template;
    const what = as === 'address' ? t('template.address') : joinWords(ports, t('template.and'));
    return html`<button
      type="button"
      class="btn btn-small"
      ?disabled=${caller.actions.isBusy(keyOf(template))}
      @click=${() => void applyNow(caller, template, host)}
    >
      ${t('template.publish-as', { name, what })}
    </button>`;
  });

/** The list with its buttons at work. */
export const templateTable = (caller: PanelCaller, templates: readonly TemplateView[]) =>
  html`<sg-template-table
    .templates=${templates}
    .busyNames=${new Set(templates.filter((one) => caller.actions.isBusy(keyOf(one))).map(({ name }) => name))}
    @sg-apply-template=${({ detail }: CustomEvent<TemplateView>) => void applyToAll(caller, detail)}
    @sg-edit-template=${({ detail }: CustomEvent<TemplateView>) => void editTemplate(caller, templates, detail)}
    @sg-remove-template=${({ detail }: CustomEvent<TemplateView>) => void confirmRemove(caller, detail)}
  ></sg-template-table>`;
