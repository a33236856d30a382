import type { User, UserRole } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { t } from '../messages.ts';

const ROLES: readonly UserRole[] = ['owner', 'admin', 'technician', 'member'];

/** The roles that a person of role `own` may give, with what each may do where there is room. */
export const roleChoices = (own: UserRole, isLong: boolean): (readonly [UserRole, string])[] =>
  ROLES.filter((role) => own === 'owner' || role !== 'owner').map((role) => [
    role,
    isLong ? `${t(`user-role.${role}`)}: ${t(`role-hint.${role}`)}` : t(`user-role.${role}`),
  ]);

/** Users as rows. Emits `sg-role` ({ user, role }), `sg-password` and `sg-remove` (the user). */
export class SgUserTable extends SgElement {
  static override properties = { users: { attribute: false }, self: { attribute: false } };
  static override styles = [
    SgElement.styles,
    css`
      select {
        width: auto;
        min-height: 30px;
        padding-block: 4px;
      }
    `,
  ];
  users: readonly User[] = [];
  self: User | undefined;

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('users.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('user.name')}</th>
          <th class="th" role="columnheader">${t('user.role')}</th>
          <th class="th" role="columnheader">${t('user.last-login')}</th>
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('action.edit')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.users,
          (user) => user.id,
          (user) => this.#renderRow(user),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(user: User) {
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <span class="badges">
          <span class="cell-title">${user.name}</span>
          ${user.id === this.self?.id ? html`<sg-badge tone="info">${t('user.you')}</sg-badge>` : nothing}
        </span>
        <div class="cell-sub">${user.email}</div>
      </td>
      <td class="td" role="cell" data-title=${t('user.role')}>${this.#renderRole(user)}</td>
      <td class="td nowrap" role="cell" data-title=${t('user.last-login')}><sg-time .at=${user.lastLoginAt}></sg-time></td>
      <td class="td end" role="cell">
        ${user.id === this.self?.id || this.#isAbove(user) ? nothing : this.#renderActions(user)}
      </td>
    </tr>`;
  }

  /** Only owners change owners. */
  #isAbove(user: User): boolean {
    return user.role === 'owner' && this.self?.role !== 'owner';
  }

  #renderRole(user: User) {
    if (this.self === undefined || user.id === this.self.id || this.#isAbove(user))
      return t(`user-role.${user.role}`);
    const list = roleChoices(this.self.role, false);
    return html`<select
      aria-label=${t('user.role-label', { name: user.name })}
      .value=${live(user.role)}
      @change=${(event: Event) =>
        this.emit('sg-role', { user, role: (event.target as HTMLSelectElement).value as UserRole })}
    >
      ${list.map(([role, label]) => html`<option value=${role} ?selected=${role === user.role}>${label}</option>`)}
    </select>`;
  }

  #renderActions(user: User) {
    const { name } = user;
    return html`<div class="actions">
      <button
        type="button"
        class="btn btn-small"
        aria-label=${t('user.password-label', { name })}
        @click=${() => this.emit('sg-password', user)}
      >
        <sg-icon name="key" size="15"></sg-icon>${t('user.password')}
      </button>
      <button
        type="button"
        class="btn btn-small btn-danger"
        aria-label=${t('user.remove-label', { name })}
        @click=${() => this.emit('sg-remove', user)}
      >
        <sg-icon name="trash" size="15"></sg-icon>${t('action.remove')}
      </button>
    </div>`;
  }
}
customElements.define('sg-user-table', SgUserTable);
