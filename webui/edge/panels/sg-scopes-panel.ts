import { LIMITS, NewScope, type Scope } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-badge.ts';
import { askConfirm } from '../../shared/components/sg-confirm.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { pageHead, readForm, textField, whenLoaded } from '../../shared/components/templates.ts';
import { showError, showToast } from '../../shared/components/toast.ts';
import { validate } from '../../shared/data/validate.ts';
import { startScan } from '../data/scans.ts';
import { addScope, removeScope } from '../data/scopes.ts';
import { t } from '../messages.ts';
import { EdgePanel } from './edge-panel.ts';

/** Networks to scan: the attached ones, and routed ones that people add. */
export class SgScopesPanel extends EdgePanel {
  static override properties = { ...EdgePanel.properties, errors: { state: true } };
  errors: Readonly<Record<string, string>> = {};
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
      ${this.#renderForm()}`;
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
    const { cidr, label, kind, interfaceName } = scope;
    const attached =
      interfaceName === undefined ? t('scope.attached-plain') : t('scope.attached', { name: interfaceName });
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${label === '' ? cidr : label}</div>
        ${label === '' ? nothing : html`<div class="cell-sub mono">${cidr}</div>`}
      </td>
      <td class="td" role="cell" data-title=${t('scope.kind')}>
        <span><sg-badge tone=${kind === 'attached' ? 'ok' : 'info'}>${kind === 'attached' ? attached : t('scope.routed')}</sg-badge></span>
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
          ${kind === 'routed' ? this.#renderRemove(scope) : nothing}
        </div>
      </td>
    </tr>`;
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
      { ...input, cidr: input.cidr?.trim() },
      { cidr: t('scopes.cidr-error') },
    );
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const { cidr } = parsed.value;
    if (Number(cidr.split('/')[1]) < LIMITS.scanPrefixMinBits) {
      this.errors = { cidr: t('scopes.cidr-large', { bits: LIMITS.scanPrefixMinBits }) };
      return;
    }
    const scope = await this.actions.run('add', () => addScope(this.edge.api, parsed.value));
    if (scope === undefined) return;
    this.edge.scopes.put(scope);
    form.reset();
    showToast(this, { tone: 'ok', text: t('scopes.added', { cidr }) });
  };

  async #scan({ id }: Scope): Promise<void> {
    const scan = await this.actions.run(id, () => startScan(this.edge.api, id));
    if (scan === undefined) {
      this.#tell(id);
      return;
    }
    this.edge.scans.put(scan);
    this.router.navigate('/hosts');
  }

  async #remove({ id, cidr }: Scope): Promise<void> {
    const isSure = await askConfirm({
      heading: t('scope.remove-heading', { cidr }),
      text: t('scope.remove-text'),
      confirm: t('action.remove'),
      danger: true,
    });
    if (!isSure) return;
    const done = await this.actions.run(id, async () => {
      await removeScope(this.edge.api, id);
      return true;
    });
    if (done === true) {
      this.edge.scopes.drop(id);
      showToast(this, { tone: 'ok', text: t('scope.removed', { cidr }) });
    }
    this.#tell(id);
  }

  #tell(key: string): void {
    const error = this.actions.error(key);
    if (error !== undefined) showError(this, error);
  }
}
customElements.define('sg-scopes-panel', SgScopesPanel);
