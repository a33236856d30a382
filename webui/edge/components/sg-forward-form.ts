import type { ForwardPlan, Host } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import { choices, field, readForm, selectField, textField } from '../../shared/components/templates.ts';
import type { ApiError } from '../../shared/data/api-error.ts';
import { t } from '../messages.ts';
import { parseForwardForm } from './parse-forward-form.ts';
import { planBox } from './plan-box.ts';
import { type ErrorOf, labelField, publicationFieldStyles, publicationFields } from './publication-fields.ts';

/** What is asked for under "More options". */
const HIDDEN = ['lastPort', 'allow', 'expiresAt'] as const;

/** What the form starts with. */
export interface ForwardDraft {
  readonly hostId?: string;
  readonly targetPort?: string;
  readonly protocol?: string;
  readonly label?: string;
}

/** Adds a forward. Emits `sg-plan-forward` and `sg-add-forward` with a `NewForward`. */
export class SgForwardForm extends SgElement {
  static override properties = {
    hosts: { attribute: false },
    draft: { attribute: false },
    plan: { attribute: false },
    error: { attribute: false },
    busy: { type: Boolean },
    targetKind: { state: true },
    errors: { state: true },
  };
  static override styles = [
    SgElement.styles,
    publicationFieldStyles,
    css`
      details[open] > summary {
        margin-bottom: 16px;
      }
      .form-end + .form-end {
        margin-top: 16px;
      }
      sg-alert {
        margin-bottom: 0;
      }
    `,
  ];
  hosts: readonly Host[] = [];
  draft: ForwardDraft = {};
  plan: ForwardPlan | undefined;
  error: ApiError | undefined;
  busy = false;
  targetKind: 'host' | 'address' = 'host';
  errors: Readonly<Record<string, string>> = {};

  /** Empties the form after its forward was added. */
  reset(): void {
    this.renderRoot.querySelector('form')?.reset();
    this.errors = {};
  }

  protected override render() {
    const ofServer = this.error?.field?.split('.').at(-1);
    const error: ErrorOf = (...names) =>
      names.map((name) => this.errors[name]).find((text) => text !== undefined) ??
      (ofServer !== undefined && names.includes(ofServer) ? this.error?.message : undefined);
    return html`<form class="section-body" novalidate @submit=${this.#submit}>
      ${this.#renderTargetKind()} ${this.targetKind === 'host' ? this.#renderHost(error('hostId')) : this.#renderAddress(error('address'))}
      ${textField({
        name: 'targetPort',
        label: t('form.port'),
        inputmode: 'numeric',
        value: this.draft.targetPort ?? '',
        error: error('targetPort'),
      })}
      ${selectField({
        name: 'protocol',
        label: t('form.protocol'),
        value: this.draft.protocol ?? 'tcp',
        choices: [
          ['tcp', 'TCP'],
          ['udp', 'UDP'],
          ['both', t('form.protocol-both')],
        ],
      })}
      ${textField({
        name: 'edgePort',
        label: t('form.edge-port'),
        inputmode: 'numeric',
        hint: t('form.edge-port-hint'),
        error: error('edgePort'),
      })}
      ${labelField(this.draft.label ?? '', error('label'))}
      ${this.#renderMore(error)}
      ${this.error === undefined ? nothing : html`<sg-alert class="form-end" .error=${this.error}></sg-alert>`}
      ${this.plan === undefined ? nothing : this.#renderPlan(this.plan)}
      <div class="actions form-end">
        <button class="btn btn-primary" value="add" ?disabled=${this.busy}>${t('form.submit')}</button>
        <button class="btn" value="plan" ?disabled=${this.busy}>${t('form.preview')}</button>
      </div>
    </form>`;
  }

  /** An error must not hide in a closed box. */
  #showMore(errors: Readonly<Record<string, string>>): void {
    const more = this.renderRoot.querySelector('details');
    if (more !== null && HIDDEN.some((name) => errors[name] !== undefined)) more.open = true;
  }

  #renderMore(error: ErrorOf) {
    return html`<details class="form-end">
      <summary>${t('form.more')}</summary>
      ${textField({
        name: 'lastPort',
        label: t('form.last-port'),
        inputmode: 'numeric',
        hint: t('form.last-port-hint'),
        error: error('lastPort', 'portCount'),
      })}
      ${publicationFields(undefined, error)}
    </details>`;
  }

  #renderTargetKind() {
    const radio = (kind: 'host' | 'address', label: string) => html`<label class="choice">
      <input
        type="radio"
        name="targetKind"
        value=${kind}
        .checked=${this.targetKind === kind}
        @change=${() => {
          this.targetKind = kind;
        }}
      />${label}
    </label>`;
    return html`<div class="cbi-value" role="radiogroup" aria-labelledby="target-kind">
      <span class="cbi-value-title" id="target-kind">${t('form.target')}</span>
      <div class="cbi-value-field wide choices">
        ${radio('host', t('form.target-host'))} ${radio('address', t('form.target-address'))}
      </div>
    </div>`;
  }

  #renderHost(error: string | undefined) {
    const list = this.hosts.map((host) => {
      const address = host.addresses[0] ?? '';
      return [host.id, host.name === address ? address : `${host.name} (${address})`] as const;
    });
    return field(
      {
        name: 'hostId',
        label: t('form.host'),
        error,
        ...(list.length === 0 ? { hint: t('form.no-hosts') } : {}),
      },
      html`<select id="hostId" name="hostId" aria-describedby=${list.length === 0 ? 'hostId-hint' : nothing}>
        ${choices([['', t('form.choose-host')], ...list], this.draft.hostId ?? '')}
      </select>`,
    );
  }

  #renderAddress(error: string | undefined) {
    return textField({
      name: 'address',
      label: t('form.address'),
      inputmode: 'decimal',
      placeholder: '192.168.1.20',
      hint: t('form.address-hint'),
      error,
    });
  }

  #renderPlan({ forward, ruleset }: ForwardPlan) {
    const { url, targetAddress = '?', targetPort, portCount = 1 } = forward;
    const ports = portCount === 1 ? `${targetPort}` : `${targetPort}-${targetPort + portCount - 1}`;
    return planBox(html`<code>${url}</code> → <code>${targetAddress}:${ports}</code>`, ruleset);
  }

  readonly #submit = (event: SubmitEvent): void => {
    const parsed = parseForwardForm(readForm(event), this.targetKind, Date.now());
    if (!parsed.ok) this.#showMore(parsed.errors);
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const isPlan = event.submitter instanceof HTMLButtonElement && event.submitter.value === 'plan';
    this.emit(isPlan ? 'sg-plan-forward' : 'sg-add-forward', parsed.value);
  };
}
customElements.define('sg-forward-form', SgForwardForm);
