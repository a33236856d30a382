import { HostKind, type Template, type TemplatePlan, type TemplateView } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { field, selectField, textField } from '../../shared/components/templates.ts';
import { t } from '../messages.ts';
import { parseTemplateForm } from './parse-template-form.ts';
import { allowField, type ErrorOf, SPANS } from './publication-fields.ts';
import { SgFormDialog } from './sg-form-dialog.ts';
import { countAdded, templatePlan } from './template-plan.ts';

/** Adds a template, or changes the one that is given; a built-in one is replaced by what is saved. */
export class SgTemplateDialog extends SgFormDialog<Template, TemplatePlan> {
  static override properties = { ...SgFormDialog.properties, as: { state: true }, isAuto: { state: true } };
  static override styles = [
    SgFormDialog.styles,
    css`
      .kinds {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(132px, 1fr));
      }
    `,
  ];
  template: TemplateView | undefined;
  /** Names that other templates have. */
  taken: ReadonlySet<string> = new Set();
  as: Template['as'] = 'forwards';
  isAuto = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.as = this.template?.as ?? 'forwards';
    this.isAuto = this.template?.auto ?? false;
  }

  protected override words() {
    const { template } = this;
    return {
      heading:
        template === undefined
          ? t('template.new-heading')
          : t('template.edit-heading', { name: template.name }),
      submit: t('action.save'),
    };
  }

  protected override parse(input: Record<string, string>) {
    const name = this.template?.name;
    return parseTemplateForm(name === undefined ? input : { ...input, name }, this.taken);
  }

  protected override renderFields(error: ErrorOf) {
    const { template } = this;
    return html`${template?.from === 'built-in' ? html`<p class="muted">${t('template.replaces')}</p>` : nothing}
      ${
        template === undefined
          ? textField({
              name: 'name',
              label: t('form.label'),
              maxLength: 32,
              hint: t('template.name-hint'),
              error: error('name'),
            })
          : nothing
      }
      ${this.#renderKinds(error('kinds'))}
      ${textField({
        name: 'macPrefixes',
        label: t('template.macs'),
        value: template?.macPrefixes.join(', ') ?? '',
        placeholder: '44:19:b6',
        hint: t('template.macs-hint'),
        error: error('macPrefixes'),
      })}
      ${this.#renderAs()}
      ${textField({
        name: 'ports',
        label: t('address.ports'),
        value: template?.ports.join(', ') ?? '',
        placeholder: this.as === 'address' ? t('address.everything') : '80, 554',
        hint: t(this.as === 'address' ? 'address.ports-hint' : 'template.ports-hint'),
        error: error('ports'),
      })}
      ${allowField(template?.allow.join(', ') ?? '', error('allow'))} ${this.#renderEnd()} ${this.#renderAuto()}`;
  }

  protected override renderPlan(plan: TemplatePlan) {
    return html`<div class="plan stack" role="status">${templatePlan(plan)}</div>`;
  }

  protected override renderMore() {
    if (this.plan === undefined || countAdded(this.plan) === 0) return nothing;
    return html`<button
      slot="actions"
      type="button"
      class="btn"
      ?disabled=${this.busy}
      @click=${() => this.ask('send-and-apply')}
    >
      ${t('template.save-and-publish')}
    </button>`;
  }

  #renderKinds(error: string | undefined) {
    const chosen: readonly string[] = this.template?.kinds ?? [];
    // What nobody could tell apart is no sort, unless somebody made it one.
    const kinds = HostKind.options.filter((kind) => kind !== 'unknown' || chosen.includes(kind));
    return html`<div class="cbi-value" role="group" aria-labelledby="kinds">
      <span class="cbi-value-title" id="kinds">${t('template.kinds')}</span>
      <div class="cbi-value-field wide">
        <div class="choices kinds">
          ${kinds.map(
            (kind) => html`<label class="choice">
              <input type="checkbox" name="kind-${kind}" value="yes" .checked=${chosen.includes(kind)} />
              ${t(`kind.${kind}`)}
            </label>`,
          )}
        </div>
        ${error === undefined ? nothing : html`<div class="cbi-value-error" role="alert">${error}</div>`}
      </div>
    </div>`;
  }

  #renderAs() {
    const radio = (as: Template['as']) => html`<label class="choice">
      <input
        type="radio"
        name="as"
        value=${as}
        .checked=${this.as === as}
        @change=${() => {
          this.as = as;
        }}
      />${t(`template.as-${as}`)}
    </label>`;
    return html`<div class="cbi-value" role="radiogroup" aria-labelledby="as">
      <span class="cbi-value-title" id="as">${t('template.as')}</span>
      <div class="cbi-value-field wide choices">${radio('forwards')} ${radio('address')}</div>
    </div>`;
  }

  #renderEnd() {
    const forSec = this.template?.forSec;
    const hours = forSec === undefined ? '' : String(forSec / 3600);
    const own =
      hours === '' || SPANS.some(([one]) => one === hours)
        ? []
        : [[hours, t('form.expiry-hours', { n: Math.round(Number(hours) * 10) / 10 })] as const];
    return selectField({
      name: 'forHours',
      label: t('template.ends'),
      value: hours,
      choices: [['', t('form.expiry-never')], ...own, ...SPANS],
    });
  }

  #renderAuto() {
    const box = html`<label class="choice">
        <input
          id="auto"
          type="checkbox"
          name="auto"
          value="yes"
          .checked=${this.isAuto}
          @change=${(event: Event) => {
            this.isAuto = (event.target as HTMLInputElement).checked;
          }}
        />${t('template.auto-box')}
      </label>
      ${this.isAuto ? html`<sg-alert tone="warn">${t('template.auto-warning')}</sg-alert>` : nothing}`;
    return field({ name: 'auto', label: t('template.when'), hint: t('template.auto-hint') }, box);
  }
}
customElements.define('sg-template-dialog', SgTemplateDialog);
