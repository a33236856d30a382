import { ContextConsumer } from '@lit/context';
import { Task } from '@lit/task';
import type { EdgeLoginInfo } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-login-card.ts';
import { readForm, textField } from '../../shared/components/templates.ts';
import { apiContext } from '../../shared/contexts.ts';
import { ActionController } from '../../shared/controllers/action-controller.ts';
import type { ApiError } from '../../shared/data/api-error.ts';
import { fetchLoginInfo, logIn } from '../data/session.ts';
import { t } from '../messages.ts';

/** Asks for the local password, or sends to the portal. Emits `sg-logged-in` with the session. */
export class SgLoginPanel extends SgElement {
  static override properties = { notice: { type: String }, error: { attribute: false } };
  notice = '';
  /** Why the portal's ticket was refused. */
  error: ApiError | undefined;
  readonly #api = new ContextConsumer(this, { context: apiContext });
  readonly #actions = new ActionController(this);
  readonly #info = new Task(this, {
    args: () => [],
    task: (_args, { signal }) => fetchLoginInfo(this.#api.value!, signal),
  });

  protected override render() {
    const info = this.#info.value;
    return html`<sg-login-card
      heading=${t('login.title', { name: info?.name ?? '…' })}
      text=${t('login.text')}
      class="stacked"
    >
      ${this.#renderNotice()}
      ${info?.passwordLogin === false ? this.#renderNoPassword(info) : this.#renderForm(info)}
      ${
        info?.portalUrl === undefined
          ? nothing
          : html`<a slot="footer" href=${info.portalUrl} rel="external">${t('login.portal')}</a>`
      }
    </sg-login-card>`;
  }

  #renderNotice() {
    const error = this.#actions.error('log-in') ?? this.error;
    return html`${
      this.notice === '' || this.#actions.error('log-in') !== undefined
        ? nothing
        : html`<sg-alert tone=${this.error === undefined ? 'info' : 'warn'}>${this.notice}</sg-alert>`
    }
    ${error === undefined ? nothing : html`<sg-alert .error=${error}></sg-alert>`}`;
  }

  #renderNoPassword(info: EdgeLoginInfo) {
    return html`<sg-alert tone="warn" heading=${t('login.no-password')}>${info.passwordHint}</sg-alert>`;
  }

  #renderForm(info: EdgeLoginInfo | undefined) {
    const isBusy = this.#actions.isBusy('log-in');
    return html`<form class="stacked" @submit=${this.#submit}>
      ${textField({
        name: 'password',
        label: t('login.password'),
        type: 'password',
        autocomplete: 'current-password',
        required: true,
        ...(info?.passwordHint ? { hint: info.passwordHint } : {}),
      })}
      <button class="btn btn-primary" ?disabled=${isBusy}>${t('login.submit')}</button>
    </form>`;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    const form = event.currentTarget as HTMLFormElement;
    const { password = '' } = readForm(event);
    const session = await this.#actions.run('log-in', () => logIn(this.#api.value!, { password }));
    if (session !== undefined) this.emit('sg-logged-in', session);
    else form.querySelector('input')?.select();
  };
}
customElements.define('sg-login-panel', SgLoginPanel);
