import { type Scope, ScopePatch } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-dialog.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import { readForm, selectField, textField } from '../../shared/components/templates.ts';
import type { ApiError } from '../../shared/data/api-error.ts';
import { validate } from '../../shared/data/validate.ts';
import { t } from '../messages.ts';

const SCHEDULES = ['', '3600', '21600', '86400', '604800'] as const;

/** How often, in words; undefined where nobody planned anything. */
export const describeSchedule = (scope: Scope): string | undefined => {
  const everySec = scope.plan?.everySec;
  if (everySec === undefined) return undefined;
  const known = SCHEDULES.find((one) => one === String(everySec));
  return known === undefined || known === ''
    ? t('plan.every-min', { n: Math.round(everySec / 60) })
    : t(`plan.every-${known}`);
};

/** The plan of one scope in a dialog. Emits `sg-close`, and `sg-plan` with the patch. */
export class SgScopePlan extends SgElement {
  static override properties = {
    scope: { attribute: false },
    busy: { type: Boolean },
    error: { attribute: false },
    errors: { state: true },
  };
  scope: Scope | undefined;
  busy = false;
  error: ApiError | undefined;
  errors: Readonly<Record<string, string>> = {};

  protected override render() {
    const { scope } = this;
    if (scope === undefined) return nothing;
    const { plan } = scope;
    const current = plan?.everySec === undefined ? '' : String(plan.everySec);
    const others = SCHEDULES.some((one) => one === current)
      ? []
      : [[current, describeSchedule(scope) ?? ''] as const];
    return html`<sg-dialog open heading=${t('plan.heading', { cidr: scope.cidr })} @sg-close=${() => this.emit('sg-close')}>
      <form id="plan" class="stacked" novalidate @submit=${this.#save}>
        ${this.error === undefined ? nothing : html`<sg-alert .error=${this.error}></sg-alert>`}
        ${selectField({
          name: 'everySec',
          label: t('plan.every'),
          value: current,
          choices: [...SCHEDULES.map((one) => [one, t(`plan.every-${one}`)] as const), ...others],
        })}
        ${textField({
          name: 'ports',
          label: t('plan.ports'),
          value: plan?.ports?.join(', ') ?? '',
          placeholder: '80, 443, 554',
          hint: t('plan.ports-hint'),
          error: this.errors.ports,
        })}
        ${textField({
          name: 'packetsPerSec',
          label: t('plan.rate'),
          value: plan?.packetsPerSec === undefined ? '' : String(plan.packetsPerSec),
          inputmode: 'numeric',
          hint: t('plan.rate-hint'),
          error: this.errors.packetsPerSec,
        })}
      </form>
      <button slot="actions" type="button" class="btn" @click=${() => this.emit('sg-close')}>${t('action.cancel')}</button>
      <button slot="actions" class="btn btn-primary" form="plan" ?disabled=${this.busy}>${t('action.save')}</button>
    </sg-dialog>`;
  }

  readonly #save = (event: SubmitEvent): void => {
    const { everySec = '', ports = '', packetsPerSec = '' } = readForm(event);
    const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));
    const wanted = {
      everySec: numberOf(everySec),
      ports:
        ports.trim() === ''
          ? null
          : ports
              .split(/[\s,;]+/)
              .filter((part) => part !== '')
              .map(Number),
      packetsPerSec: numberOf(packetsPerSec),
    };
    const parsed = validate(ScopePatch, wanted);
    const fields = parsed.ok ? [] : Object.keys(parsed.errors);
    this.errors = {
      ...(fields.some((name) => name.startsWith('ports')) ? { ports: t('plan.ports-error') } : {}),
      ...(fields.includes('packetsPerSec') ? { packetsPerSec: t('plan.rate-error') } : {}),
    };
    if (parsed.ok) this.emit('sg-plan', parsed.value);
  };
}
customElements.define('sg-scope-plan', SgScopePlan);
