import { LIMITS, UserPatch } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { detail, pageHead, readForm, textField } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import { validate } from '../../shared/data/validate.ts';
import { patchUser } from '../data/users.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** Who is logged in, to which account; one's own password. */
export class SgAccountPanel extends PortalPanel {
  static override properties = { ...PortalPanel.properties, error: { state: true } };
  error: string | undefined;

  protected override render() {
    const { user, account } = this.portal.session;
    return html`${pageHead(t('menu.account'), t('account.descr'))}
      <div class="columns">
        <section class="section" aria-labelledby="you">
          <div class="section-head"><h3 id="you">${t('account.you')}</h3></div>
          <dl class="details">
            ${detail(t('user.name'), user.name)} ${detail(t('user.email'), user.email)}
            ${detail(t('user.role'), t(`user-role.${user.role}`))}
          </dl>
        </section>
        <section class="section" aria-labelledby="account">
          <div class="section-head"><h3 id="account">${t('account.account')}</h3></div>
          <dl class="details">
            ${detail(t('user.name'), account.name)} ${detail(t('account.label'), account.label)}
            ${detail(t('account.domain'), account.baseDomain)}
            ${detail(t('account.preset'), t(`account.preset-${account.preset}`))}
          </dl>
        </section>
      </div>
      ${this.#renderPassword()}`;
  }

  #renderPassword() {
    const refused = this.actions.error('password');
    return html`<section class="section" aria-labelledby="change">
      <div class="section-head"><h3 id="change">${t('account.change-password')}</h3></div>
      <form class="section-body" novalidate @submit=${this.#submit}>
        <input type="hidden" autocomplete="username" value=${this.portal.session.user.email} />
        ${textField({
          name: 'password',
          label: t('account.new-password'),
          type: 'password',
          autocomplete: 'new-password',
          hint: t('setup.password-hint', { n: LIMITS.passwordMinLength }),
          error: this.error,
        })}
        ${refused === undefined ? nothing : html`<sg-alert class="form-end" .error=${refused}></sg-alert>`}
        <div class="form-end">
          <button class="btn btn-primary" ?disabled=${this.actions.isBusy('password')}>${t('account.submit')}</button>
        </div>
      </form>
    </section>`;
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    const form = event.currentTarget as HTMLFormElement;
    const { password } = readForm(event);
    const parsed = validate(UserPatch, { password });
    this.error = parsed.ok ? undefined : t('users.password-error', { n: LIMITS.passwordMinLength });
    if (!parsed.ok) return;
    const { user } = this.portal.session;
    const saved = await this.actions.run('password', () => patchUser(this.portal.api, user.id, parsed.value));
    if (saved === undefined) return;
    form.reset();
    showToast(this, { tone: 'ok', text: t('user.password-set') });
  };
}
customElements.define('sg-account-panel', SgAccountPanel);
