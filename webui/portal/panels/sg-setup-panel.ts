import { ContextConsumer } from '@lit/context';
import { LIMITS, SetupRequest } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-login-card.ts';
import { readForm, textField } from '../../shared/components/templates.ts';
import { apiContext } from '../../shared/contexts.ts';
import { ActionController } from '../../shared/controllers/action-controller.ts';
import { validate } from '../../shared/data/validate.ts';
import { setUp } from '../data/session.ts';
import { suggestLabel } from '../data/suggest-label.ts';
import { t } from '../messages.ts';

/** The first run: account and owner. Emits `sg-logged-in` with the session. */
export class SgSetupPanel extends SgElement {
  static override properties = {
    baseDomain: { type: String },
    errors: { state: true },
    values: { state: true },
  };
  static override styles = [
    SgElement.styles,
    css`
      h3 {
        margin: 22px 0 12px;
        padding-top: 16px;
        border-top: 1px solid var(--sg-border-soft);
      }
      .choice {
        display: flex;
        margin-bottom: 8px;
      }
    `,
  ];
  baseDomain = '';
  errors: Readonly<Record<string, string>> = {};
  values: Readonly<Record<string, string>> = {};
  readonly #api = new ContextConsumer(this, { context: apiContext });
  readonly #actions = new ActionController(this);
  #isLabelTouched = false;

  protected override render() {
    const error = this.#actions.error('set-up');
    return html`<sg-login-card wide heading=${t('setup.title')} text=${t('setup.text')}>
      <form class="stacked" novalidate @submit=${this.#submit} @input=${this.#onInput}>
        ${this.#field('setupCode', 'setup.code', { hint: t('setup.code-hint') })}
        <h3>${t('setup.account')}</h3>
        ${this.#field('accountName', 'setup.account-name', { hint: t('setup.account-hint'), maxLength: LIMITS.labelLength })}
        ${this.#field('accountLabel', 'setup.label', {
          hint: t('setup.label-hint', { label: this.values.accountLabel || 'acme', domain: this.baseDomain }),
        })}
        ${this.#renderPreset()}
        <h3>${t('setup.owner')}</h3>
        ${this.#field('name', 'setup.name', { autocomplete: 'name', maxLength: LIMITS.labelLength })}
        ${this.#field('email', 'setup.email', { type: 'email', autocomplete: 'username' })}
        ${this.#field('password', 'setup.password', {
          type: 'password',
          autocomplete: 'new-password',
          hint: t('setup.password-hint', { n: LIMITS.passwordMinLength }),
        })}
        ${error === undefined ? nothing : html`<sg-alert .error=${error}></sg-alert>`}
        <button class="btn btn-primary" ?disabled=${this.#actions.isBusy('set-up')}>${t('setup.submit')}</button>
      </form>
    </sg-login-card>`;
  }

  #field(
    name: string,
    label: Parameters<typeof t>[0],
    options: { hint?: string; type?: string; autocomplete?: string; maxLength?: number } = {},
  ) {
    const refused = this.#actions.error('set-up');
    const error = this.errors[name] ?? (refused?.field === name ? refused.message : undefined);
    return textField({ name, label: t(label), value: this.values[name] ?? '', error, ...options });
  }

  #renderPreset() {
    const choice = (value: 'service' | 'mesh') => html`<label class="choice">
      <input type="radio" name="preset" value=${value} ?checked=${value === 'service'} />${t(`setup.preset-${value}`)}
    </label>`;
    return html`<div class="cbi-value" role="radiogroup" aria-labelledby="preset">
      <span class="cbi-value-title" id="preset">${t('setup.preset')}</span>
      <div class="cbi-value-field">${choice('service')} ${choice('mesh')}</div>
    </div>`;
  }

  /** Follows the name of the account with its short form until somebody types their own. */
  readonly #onInput = (event: InputEvent): void => {
    const { name, value, type } = event.target as HTMLInputElement;
    if (type === 'radio') return;
    if (name === 'accountLabel') this.#isLabelTouched = value !== '';
    const label =
      name === 'accountName' && !this.#isLabelTouched ? { accountLabel: suggestLabel(value) } : {};
    this.values = { ...this.values, [name]: value, ...label };
  };

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    const parsed = validate(SetupRequest, readForm(event), {
      accountName: t('users.name-error'),
      name: t('users.name-error'),
      email: t('login.email-error'),
      accountLabel: t('setup.label-error'),
      password: t('users.password-error', { n: LIMITS.passwordMinLength }),
    });
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const session = await this.#actions.run('set-up', () => setUp(this.#api.value!, parsed.value));
    if (session !== undefined) this.emit('sg-logged-in', session);
  };
}
customElements.define('sg-setup-panel', SgSetupPanel);
