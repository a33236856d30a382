import { Task } from '@lit/task';
import { LIMITS, NewUser, type User, UserPatch, type UserRole } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-dialog.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-skeleton.ts';
import { pageHead, readForm, selectField, textField } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import { runConfirmed } from '../../shared/controllers/run-confirmed.ts';
import { toApiError } from '../../shared/data/api-error.ts';
import { validate } from '../../shared/data/validate.ts';
import '../components/sg-user-table.ts';
import { roleChoices } from '../components/sg-user-table.ts';
import { canAdministrate } from '../data/roles.ts';
import { addUser, fetchUsers, patchUser, removeUser } from '../data/users.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** People of the account: add, change the role, set a password, remove. */
export class SgUsersPanel extends PortalPanel {
  static override properties = {
    ...PortalPanel.properties,
    errors: { state: true },
    passwordFor: { state: true },
    passwordError: { state: true },
  };
  errors: Readonly<Record<string, string>> = {};
  passwordFor: User | undefined;
  passwordError: string | undefined;
  readonly #users = new Task(this, {
    args: () => [],
    task: (_args, { signal }) => fetchUsers(this.portal.api, signal),
  });

  protected override render() {
    if (!canAdministrate(this.portal.session.user.role)) {
      return html`${pageHead(t('menu.users'), nothing)}
        <div class="section">
          <sg-empty icon="user" heading=${t('users.forbidden')} text=${t('users.forbidden-text')}></sg-empty>
        </div>`;
    }
    return html`${pageHead(t('menu.users'), t('users.descr'))}
      <div class="section">
        ${this.#users.render({
          pending: () =>
            this.#users.value === undefined
              ? html`<sg-skeleton rows="3"></sg-skeleton>`
              : this.#renderTable(this.#users.value),
          complete: (users) => this.#renderTable(users),
          error: (cause) =>
            html`<div class="section-body">
              <sg-alert .error=${toApiError(cause)} retry @sg-retry=${() => void this.#users.run()}></sg-alert>
            </div>`,
        })}
      </div>
      ${this.#renderForm()} ${this.#renderPassword()}`;
  }

  #renderTable(users: readonly User[]) {
    return html`<sg-user-table
      .users=${users}
      .self=${this.portal.session.user}
      @sg-role=${({ detail }: CustomEvent<{ user: User; role: UserRole }>) => void this.#changeRole(detail.user, detail.role)}
      @sg-password=${({ detail: user }: CustomEvent<User>) => {
        this.passwordError = undefined;
        this.passwordFor = user;
      }}
      @sg-remove=${({ detail: user }: CustomEvent<User>) => void this.#remove(user)}
    ></sg-user-table>`;
  }

  #renderForm() {
    const refused = this.actions.error('add');
    const error = (name: string) =>
      this.errors[name] ?? (refused?.field === name ? refused.message : undefined);
    return html`<section class="section" aria-labelledby="add">
      <div class="section-head"><h3 id="add">${t('users.add')}</h3></div>
      <form class="section-body" novalidate autocomplete="off" @submit=${this.#add}>
        ${textField({ name: 'name', label: t('user.name'), maxLength: LIMITS.labelLength, error: error('name') })}
        ${textField({ name: 'email', label: t('user.email'), type: 'email', error: error('email') })}
        ${selectField({ name: 'role', label: t('user.role'), value: 'technician', choices: roleChoices(this.portal.session.user.role, true) })}
        ${textField({
          name: 'password',
          label: t('users.password'),
          type: 'password',
          autocomplete: 'new-password',
          hint: t('users.password-hint', { n: LIMITS.passwordMinLength }),
          error: error('password'),
        })}
        ${refused === undefined ? nothing : html`<sg-alert class="form-end" .error=${refused}></sg-alert>`}
        <div class="form-end">
          <button class="btn btn-primary" ?disabled=${this.actions.isBusy('add')}>${t('users.submit')}</button>
        </div>
      </form>
    </section>`;
  }

  #renderPassword() {
    const close = () => {
      this.passwordFor = undefined;
    };
    return html`<sg-dialog
      ?open=${this.passwordFor !== undefined}
      heading=${t('user.password-heading', { name: this.passwordFor?.name ?? '' })}
      @sg-close=${close}
    >
      <form id="password-form" class="stacked" novalidate @submit=${this.#setPassword}>
        ${textField({
          name: 'newPassword',
          label: t('user.password'),
          type: 'password',
          autocomplete: 'new-password',
          hint: t('users.password-hint', { n: LIMITS.passwordMinLength }),
          error: this.passwordError,
        })}
      </form>
      <button slot="actions" type="button" class="btn" @click=${close}>${t('action.cancel')}</button>
      <button slot="actions" class="btn btn-primary" form="password-form">${t('action.save')}</button>
    </sg-dialog>`;
  }

  readonly #add = async (event: SubmitEvent): Promise<void> => {
    const form = event.currentTarget as HTMLFormElement;
    const parsed = validate(NewUser, readForm(event), {
      name: t('users.name-error'),
      email: t('login.email-error'),
      password: t('users.password-error', { n: LIMITS.passwordMinLength }),
    });
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const user = await this.actions.run('add', () => addUser(this.portal.api, parsed.value));
    if (user === undefined) return;
    form.reset();
    showToast(this, { tone: 'ok', text: t('users.added', { name: user.name }) });
    void this.#users.run();
  };

  readonly #setPassword = async (event: SubmitEvent): Promise<void> => {
    const { newPassword } = readForm(event);
    const parsed = validate(UserPatch, { password: newPassword });
    this.passwordError = parsed.ok ? undefined : t('users.password-error', { n: LIMITS.passwordMinLength });
    const user = this.passwordFor;
    if (!parsed.ok || user === undefined) return;
    const saved = await this.actions.run('password', () => patchUser(this.portal.api, user.id, parsed.value));
    this.passwordError = this.actions.error('password')?.message;
    if (saved === undefined) return;
    this.passwordFor = undefined;
    showToast(this, { tone: 'ok', text: t('user.password-set') });
  };

  async #changeRole(user: User, role: UserRole): Promise<void> {
    const saved = await this.actions.run(user.id, () => patchUser(this.portal.api, user.id, { role }));
    this.actions.tellError(user.id);
    if (saved !== undefined) {
      showToast(this, {
        tone: 'ok',
        text: t('user.role-changed', { name: user.name, role: t(`user-role.${role}`) }),
      });
    }
    await this.#users.run();
  }

  async #remove({ id, name }: User): Promise<void> {
    const question = {
      heading: t('user.remove-heading', { name }),
      text: t('user.remove-text'),
      confirm: t('action.remove'),
      danger: true,
    };
    const isDone = await runConfirmed(this.actions, id, question, () => removeUser(this.portal.api, id));
    if (isDone === undefined) return;
    if (isDone) showToast(this, { tone: 'ok', text: t('user.removed', { name }) });
    void this.#users.run();
  }
}
customElements.define('sg-users-panel', SgUsersPanel);
