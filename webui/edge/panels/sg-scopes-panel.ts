import { LIMITS, NewScope, type Scope, type ScopePatch, type ScopeSuggestion } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-badge.ts';
import { askConfirm } from '../../shared/components/sg-confirm.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { pageHead, readForm, textField, whenLoaded } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import { runConfirmed } from '../../shared/controllers/run-confirmed.ts';
import { validate } from '../../shared/data/validate.ts';
import { describeSchedule } from '../components/sg-scope-plan.ts';
import '../components/sg-scope-suggestions.ts';
import { startScan } from '../data/scans.ts';
import { addScope, fetchSuggestions, patchScope, removeScope } from '../data/scopes.ts';
import { t } from '../messages.ts';
import { EdgePanel } from './edge-panel.ts';

/** Networks to scan: the attached ones, and routed ones that people add. */
export class SgScopesPanel extends EdgePanel {
  static override properties = {
    ...EdgePanel.properties,
    errors: { state: true },
    suggestions: { state: true },
    planned: { state: true },
  };
  static override styles = [
    EdgePanel.styles,
    css`
      details {
        margin: 6px 0 14px;
      }
      summary {
        margin-bottom: 10px;
        cursor: pointer;
      }
    `,
  ];
  errors: Readonly<Record<string, string>> = {};
  suggestions: readonly ScopeSuggestion[] | undefined;
  /** The scope whose plan is open. */
  planned: Scope | undefined;
  readonly #scopes = this.live((edge) => edge.scopes);

  protected override render() {
    return html`${pageHead(t('menu.scopes'), t('scopes.descr'))}
      <div class="section">
        ${whenLoaded(
          this.#scopes.state,
          this.#scopes.retry,
          (scopes) =>
            scopes.length === 0
              ? html`<sg-empty icon="network" heading=${t('scopes.empty')} text=${t('scopes.empty-text')}></sg-empty>`
              : this.#renderTable(scopes),
          3,
        )}
      </div>
      <sg-scope-suggestions
        .suggestions=${this.suggestions?.filter(({ cidr }) => !(this.#scopes.value ?? []).some((one) => one.cidr === cidr))}
        ?busy=${this.actions.isBusy('look')}
        @sg-look=${this.#look}
        @sg-add-scope=${({ detail }: CustomEvent<ScopeSuggestion>) => void this.#take(detail)}
      ></sg-scope-suggestions>
      ${this.#renderForm()}
      <sg-scope-plan
        .scope=${this.planned}
        .error=${this.actions.error('plan')}
        ?busy=${this.actions.isBusy('plan')}
        @sg-close=${() => {
          this.planned = undefined;
        }}
        @sg-plan=${({ detail }: CustomEvent<ScopePatch>) => void this.#plan(detail)}
      ></sg-scope-plan>`;
  }

  #renderTable(scopes: readonly Scope[]) {
    return html`<table class="table" role="table" aria-label=${t('scopes.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('scope.network')}</th>
          <th class="th" role="columnheader">${t('scope.kind')}</th>
          <th class="th" role="columnheader">${t('scope.last-scan')}</th>
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('scope.scan')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${scopes.map((scope) => this.#renderRow(scope))}
      </tbody>
    </table>`;
  }

  #renderRow(scope: Scope) {
    const { cidr, label, kind } = scope;
    const schedule = describeSchedule(scope);
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${label === '' ? cidr : label}</div>
        ${label === '' ? nothing : html`<div class="cell-sub mono">${cidr}</div>`}
      </td>
      <td class="td" role="cell" data-title=${t('scope.kind')}>
        <div><sg-badge tone=${kind === 'attached' ? 'ok' : 'info'}>${this.#describeKind(scope)}</sg-badge>
        ${schedule === undefined ? nothing : html`<div class="cell-sub">${schedule}</div>`}
        </div>
      </td>
      <td class="td nowrap" role="cell" data-title=${t('scope.last-scan')}><sg-time .at=${scope.lastScanAt}></sg-time></td>
      <td class="td end" role="cell">
        <div class="actions">
          <button
            type="button"
            class="btn btn-small"
            aria-label=${t('scope.scan-label', { cidr })}
            ?disabled=${this.actions.isBusy(scope.id)}
            @click=${() => void this.#scan(scope)}
          >
            <sg-icon name="scan" size="15"></sg-icon>${t('scope.scan')}
          </button>
          <button
            type="button"
            class="btn btn-small"
            aria-label=${t('scope.plan-label', { cidr })}
            @click=${() => {
              this.actions.clear('plan');
              this.planned = scope;
            }}
          >
            ${t('scope.plan')}
          </button>
          ${kind === 'attached' ? nothing : this.#renderRemove(scope)}
        </div>
      </td>
    </tr>`;
  }

  #describeKind({ kind, interfaceName = '', senderAddress }: Scope): string {
    if (kind === 'routed') return t('scope.routed');
    if (kind === 'stray') return t('scope.stray', { name: interfaceName, sender: senderAddress ?? '' });
    return interfaceName === '' ? t('scope.attached-plain') : t('scope.attached', { name: interfaceName });
  }

  #renderRemove(scope: Scope) {
    return html`<button
      type="button"
      class="btn btn-small btn-danger"
      aria-label=${t('scope.remove-label', { cidr: scope.cidr })}
      @click=${() => void this.#remove(scope)}
    >
      <sg-icon name="trash" size="15"></sg-icon>${t('action.remove')}
    </button>`;
  }

  #renderForm() {
    const error = this.actions.error('add');
    return html`<section class="section" aria-labelledby="add">
      <div class="section-head">
        <h3 id="add">${t('scopes.add')}</h3>
        <p class="cell-sub">${t('scopes.add-descr')}</p>
      </div>
      <form class="section-body" novalidate @submit=${this.#add}>
        ${error === undefined ? nothing : html`<sg-alert class="form-end" .error=${error}></sg-alert>`}
        ${textField({
          name: 'cidr',
          label: t('scopes.cidr'),
          placeholder: '192.168.20.0/24',
          hint: t('scopes.cidr-hint'),
          error: this.errors.cidr,
        })}
        ${textField({
          name: 'label',
          label: t('scope.label'),
          hint: t('scopes.name-hint'),
          maxLength: 80,
          error: this.errors.label,
        })}
        <details>
          <summary>${t('scopes.stray')}</summary>
          ${textField({
            name: 'interfaceName',
            label: t('scopes.interface'),
            placeholder: 'br-lan',
            hint: t('scopes.interface-hint'),
            error: this.errors.interfaceName,
          })}
          ${textField({
            name: 'senderAddress',
            label: t('scopes.sender'),
            placeholder: '192.168.55.1',
            hint: t('scopes.sender-hint'),
            error: this.errors.senderAddress,
          })}
        </details>
        <div class="form-end">
          <button class="btn btn-primary" ?disabled=${this.actions.isBusy('add')}>${t('scopes.submit')}</button>
        </div>
      </form>
    </section>`;
  }

  readonly #add = async (event: SubmitEvent): Promise<void> => {
    const form = event.currentTarget as HTMLFormElement;
    const input = readForm(event);
    const parsed = validate(
      NewScope,
      Object.fromEntries(
        Object.entries(input).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, text.trim()]])),
      ),
      { cidr: t('scopes.cidr-error') },
    );
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const { cidr } = parsed.value;
    if (Number(cidr.split('/')[1]) < LIMITS.scanPrefixMinBits) {
      this.errors = { cidr: t('scopes.cidr-large', { bits: LIMITS.scanPrefixMinBits }) };
      return;
    }
    const scope = await this.#addConfirmed(parsed.value);
    if (scope === undefined) return;
    this.edge.scopes.put(scope);
    form.reset();
    showToast(this, { tone: 'ok', text: t('scopes.added', { cidr }) });
  };

  /** Somebody may own public addresses; whoever mistyped a private one would scan strangers. */
  async #addConfirmed(wanted: NewScope): Promise<Scope | undefined> {
    const add = (scope: NewScope) => this.actions.run('add', () => addScope(this.edge.api, scope));
    const scope = await add(wanted);
    if (this.actions.error('add')?.code !== 'SCOPE_NOT_PRIVATE') return scope;
    const { cidr } = wanted;
    const isMine = await askConfirm({
      heading: t('scopes.public-heading', { cidr }),
      text: t('scopes.public-text'),
      confirm: t('scopes.public-confirm'),
      danger: true,
    });
    return isMine ? await add({ ...wanted, isPublicConfirmed: true }) : undefined;
  }

  readonly #look = async (): Promise<void> => {
    const found = await this.actions.run('look', () => fetchSuggestions(this.edge.api));
    this.suggestions = found ?? this.suggestions;
    this.actions.tellError('look');
  };

  async #take({ cidr, label }: ScopeSuggestion): Promise<void> {
    const scope = await this.actions.run('take', () => addScope(this.edge.api, { cidr, label } as NewScope));
    this.actions.tellError('take');
    if (scope === undefined) return;
    this.edge.scopes.put(scope);
    showToast(this, { tone: 'ok', text: t('scopes.added', { cidr }) });
  }

  async #plan(patch: ScopePatch): Promise<void> {
    const { planned } = this;
    if (planned === undefined) return;
    const scope = await this.actions.run('plan', () => patchScope(this.edge.api, planned.id, patch));
    if (scope === undefined) return;
    this.edge.scopes.put(scope);
    this.planned = undefined;
    showToast(this, { tone: 'ok', text: t('plan.saved', { cidr: scope.cidr }) });
  }

  async #scan({ id }: Scope): Promise<void> {
    const scan = await this.actions.run(id, () => startScan(this.edge.api, id));
    if (scan === undefined) {
      this.actions.tellError(id);
      return;
    }
    this.edge.scans.put(scan);
    this.router.navigate('/hosts');
  }

  async #remove({ id, cidr }: Scope): Promise<void> {
    const question = {
      heading: t('scope.remove-heading', { cidr }),
      text: t('scope.remove-text'),
      confirm: t('action.remove'),
      danger: true,
    };
    const isDone = await runConfirmed(this.actions, id, question, () => removeScope(this.edge.api, id));
    if (isDone === true) {
      this.edge.scopes.drop(id);
      showToast(this, { tone: 'ok', text: t('scope.removed', { cidr }) });
    }
  }
}
customElements.define('sg-scopes-panel', SgScopesPanel);
