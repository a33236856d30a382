import { ContextConsumer } from '@lit/context';
import { LoginRequest } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-login-card.ts';
import { readForm, textField } from '../../shared/components/templates.ts';
import { apiContext } from '../../shared/contexts.ts';
import { ActionController } from '../../shared/controllers/action-controller.ts';
import { validate } from '../../shared/data/validate.ts';
import { logIn } from '../data/session.ts';
import { t } from '../messages.ts';

/** Asks for e-mail and password. Emits `sg-logged-in` with the session. */
export class SgLoginPanel extends SgElement {
  static override properties = { notice: { type: String }, errors: { state: true }, email: { state: true } };
  notice = '';
  errors: Readonly<Record<string, string>> = {};
  email = '';
  readonly #api = new ContextConsumer(this, { context: apiContext });
  readonly #actions = new ActionController(this);

  protected override render() {
    const error = this.#actions.error('log-in');
    return html`<sg-login-card heading=${t('login.title')} text=${t('login.text')}>
      ${this.notice === '' || error !== undefined ? nothing : html`<sg-alert tone="info">${this.notice}</sg-alert>`}
      ${error === undefined ? nothing : html`<sg-alert .error=${error}></sg-alert>`}
      <form class="stacked" novalidate @submit=${this.#submit}>
        ${textField({
          name: 'email',
          label: t('login.email'),
          type: 'email',
          autocomplete: 'username',
          value: this.email,
          error: this.errors.email,
        })}
        ${textField({
          name: 'password',
          label: t('login.password'),
          type: 'password',
          autocomplete: 'current-password',
        })}
        <button class="btn btn-primary" ?disabled=${this.#actions.isBusy('log-in')}>${t('login.submit')}</button>
      </form>
    </sg-login-card>`;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    const form = event.currentTarget as HTMLFormElement;
    const input = readForm(event);
    this.email = input.email ?? '';
    const parsed = validate(LoginRequest, input, { email: t('login.email-error') });
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const session = await this.#actions.run('log-in', () => logIn(this.#api.value!, parsed.value));
    if (session !== undefined) this.emit('sg-logged-in', session);
    else form.querySelector<HTMLInputElement>('#password')?.select();
  };
}
customElements.define('sg-login-panel', SgLoginPanel);
