import { Task } from '@lit/task';
import { type EnrolmentKey, type EnrolmentKeyCreated, NewEnrolmentKey } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-copy.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-skeleton.ts';
import { pageHead, readForm, selectField, textField } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import { runConfirmed } from '../../shared/controllers/run-confirmed.ts';
import { toApiError } from '../../shared/data/api-error.ts';
import { validate } from '../../shared/data/validate.ts';
import '../components/sg-code-form.ts';
import '../components/sg-key-table.ts';
import { createKey, fetchKeys, revokeKey } from '../data/enrolment.ts';
import { parseTags } from '../data/parse-tags.ts';
import { enrollableRoles } from '../data/roles.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

const HOUR_SEC = 3600;
const DAY_SEC = 24 * HOUR_SEC;
const LIFETIMES = [
  [String(HOUR_SEC), t('add.lifetime-hour')],
  [String(DAY_SEC), t('add.lifetime-day')],
  [String(7 * DAY_SEC), t('add.lifetime-week')],
  [String(30 * DAY_SEC), t('add.lifetime-month')],
] as const;

/** Keys and codes: how a machine joins. */
export class SgAddPanel extends PortalPanel {
  static override properties = {
    ...PortalPanel.properties,
    created: { state: true },
    errors: { state: true },
  };
  static override styles = [
    PortalPanel.styles,
    css`
      .command {
        display: flex;
        flex-wrap: wrap;
        gap: 10px;
        align-items: center;
        margin: 10px 0 14px;
      }
      .command pre {
        flex: 1 1 320px;
        min-width: 0;
      }
    `,
  ];
  created: EnrolmentKeyCreated | undefined;
  errors: Readonly<Record<string, string>> = {};
  readonly #keys = new Task(this, {
    args: () => [],
    task: (_args, { signal }) => fetchKeys(this.portal.api, signal),
  });

  protected override render() {
    const device = html`<a class="btn" href=${this.router.href('/device')}>${t('device.add')}</a>`;
    return html`${pageHead(t('menu.add'), t('add.descr'), device)}
      ${this.created === undefined ? this.#renderForm() : this.#renderCreated(this.created)} ${this.#renderCode()}
      ${this.#renderKeys()}`;
  }

  #renderForm() {
    const roles = enrollableRoles(this.portal.session.user.role);
    const error = this.actions.error('create');
    return html`<section class="section" aria-labelledby="with-key">
      <div class="section-head">
        <h3 id="with-key">${t('add.key-title')}</h3>
        <p class="cell-sub">${t('add.key-descr')}</p>
      </div>
      <form class="section-body" novalidate @submit=${this.#create}>
        ${selectField({
          name: 'role',
          label: t('add.role'),
          value: roles[0] ?? 'client',
          choices: roles.map((role) => [role, t(`add.role-${role}`)] as const),
        })}
        ${textField({ name: 'label', label: t('add.label'), hint: t('add.label-hint'), maxLength: 80, error: this.errors.label })}
        ${textField({ name: 'tags', label: t('add.tags'), hint: t('add.tags-hint'), error: this.errors.tags })}
        ${selectField({ name: 'lifetimeSec', label: t('add.lifetime'), value: String(DAY_SEC), choices: LIFETIMES })}
        <div class="cbi-value">
          <label class="cbi-value-title" for="reusable">${t('add.reusable')}</label>
          <div class="cbi-value-field">
            <input type="checkbox" id="reusable" name="reusable" aria-describedby="reusable-hint" />
            <div class="cbi-value-description" id="reusable-hint">${t('add.reusable-hint')}</div>
          </div>
        </div>
        ${error === undefined ? nothing : html`<sg-alert class="form-end" .error=${error}></sg-alert>`}
        <div class="form-end">
          <button class="btn btn-primary" ?disabled=${this.actions.isBusy('create')}>${t('add.create')}</button>
        </div>
      </form>
    </section>`;
  }

  #renderCreated({ command }: EnrolmentKeyCreated) {
    return html`<section class="section" aria-labelledby="created">
      <div class="section-head"><h3 id="created">${t('add.created')}</h3></div>
      <div class="section-body">
        <div class="command">
          <pre tabindex="0" aria-label=${t('add.command')}>${command}</pre>
          <sg-copy .value=${command} what=${t('add.command')} label=${t('add.copy-command')}></sg-copy>
        </div>
        <sg-alert tone="warn">${t('add.created-text')}</sg-alert>
        <button
          type="button"
          class="btn"
          @click=${() => {
            this.created = undefined;
          }}
        >
          ${t('add.done')}
        </button>
      </div>
    </section>`;
  }

  #renderCode() {
    return html`<section class="section" aria-labelledby="with-code">
      <div class="section-head">
        <h3 id="with-code">${t('add.code-title')}</h3>
        <p class="cell-sub">${t('add.code-descr')}</p>
      </div>
      <div class="section-body">
        <sg-code-form @sg-code=${({ detail: code }: CustomEvent<string>) => this.router.navigate(`/approve?code=${code}`)}></sg-code-form>
      </div>
    </section>`;
  }

  #renderKeys() {
    return html`<section class="section" aria-labelledby="keys">
      <div class="section-head"><h3 id="keys">${t('add.keys')}</h3></div>
      ${this.#keys.render({
        pending: () =>
          this.#keys.value === undefined
            ? html`<sg-skeleton rows="3"></sg-skeleton>`
            : this.#renderTable(this.#keys.value),
        complete: (keys) => this.#renderTable(keys),
        error: (cause) =>
          html`<div class="section-body">
            <sg-alert .error=${toApiError(cause)} retry @sg-retry=${() => void this.#keys.run()}></sg-alert>
          </div>`,
      })}
    </section>`;
  }

  #renderTable(keys: readonly EnrolmentKey[]) {
    return keys.length === 0
      ? html`<sg-empty icon="key" heading=${t('keys.empty')} text=${t('keys.empty-text')}></sg-empty>`
      : html`<sg-key-table .keys=${keys} @sg-revoke=${({ detail: key }: CustomEvent<EnrolmentKey>) => void this.#revoke(key)}></sg-key-table>`;
  }

  readonly #create = async (event: SubmitEvent): Promise<void> => {
    const { role, label, tags = '', lifetimeSec, reusable } = readForm(event);
    const parsed = validate(NewEnrolmentKey, {
      role,
      label,
      tags: parseTags(tags),
      lifetimeSec: Number(lifetimeSec),
      reusable: reusable === 'on',
    });
    this.errors = parsed.ok ? {} : { ...parsed.errors, tags: t('node.tags-error') };
    if (!parsed.ok) return;
    this.created = await this.actions.run('create', () => createKey(this.portal.api, parsed.value));
    if (this.created !== undefined) void this.#keys.run();
  };

  async #revoke({ id, label }: EnrolmentKey): Promise<void> {
    const question = {
      heading: t('key.revoke-heading'),
      text: t('key.revoke-text', { label: label || t('key.unnamed') }),
      confirm: t('key.revoke'),
      danger: true,
    };
    const isDone = await runConfirmed(this.actions, id, question, () => revokeKey(this.portal.api, id));
    if (isDone === undefined) return;
    if (isDone) showToast(this, { tone: 'ok', text: t('key.revoked') });
    void this.#keys.run();
  }
}
customElements.define('sg-add-panel', SgAddPanel);
